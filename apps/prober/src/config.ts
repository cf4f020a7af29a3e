import {
  allowedRange,
  httpSection,
  httpUrl,
  listOf,
  integer,
  logSection,
  optional,
  pattern,
  processSection,
  required,
  section,
  text,
  withDefault,
  type ConfigOf,
} from '#runtime';
import { nameServer, origin } from './network/key-types.js';

const proberSection = section({
  ingestUrl: required(httpUrl(), {
    flag: 'ingest',
    env: 'PAYDAY_INGEST_URL',
    help: 'Origin of ingest, or of a load balancer in front of several. It is never probed.',
  }),
  token: required(text('TOKEN'), {
    env: 'PAYDAY_PROBER_TOKEN',
    secret: true,
    help: 'A token of role prober.',
  }),
  proberId: required(text('ID', 64), {
    flag: 'prober-id',
    env: 'PAYDAY_PROBER_ID',
    help: 'Id of this prober; no two probers may have the same id at the same time.',
  }),
  gameId: required(text('ID', 64), {
    flag: 'game',
    env: 'PAYDAY_GAME_ID',
    help: 'The game whose teams are probed.',
  }),
  publicUrl: optional(httpUrl(), {
    flag: 'public-url',
    env: 'PAYDAY_PUBLIC_URL',
    help: 'Where teams see the game: requests name it in their User-Agent. Default: the origin of ingest.',
  }),
  allow: withDefault(listOf(allowedRange()), '', {
    flag: 'allow',
    env: 'PAYDAY_ALLOW',
    help: 'What may be called besides public addresses, e.g. 10.0.0.0/8 (docs/security.md).',
  }),
  deniedOrigins: withDefault(listOf(origin()), '', {
    flag: 'denied-origins',
    env: 'PAYDAY_DENIED_ORIGINS',
    help: 'Origins of the game itself besides ingest, event log and DATABASE_URL: never called, under any name.',
  }),
  databaseUrl: optional(text('URL'), {
    env: 'DATABASE_URL',
    secret: true,
    help: 'PostgreSQL of the game, where services share an environment. Not used; never called for a team.',
  }),
  dnsServers: withDefault(listOf(nameServer()), '', {
    flag: 'dns-servers',
    env: 'PAYDAY_DNS_SERVERS',
    help: 'Name servers for looking up endpoints; default: those of the system.',
  }),
  dnsCanary: optional(
    pattern('NAME', /^([a-z0-9_-]+(\.[a-z0-9_-]+)*\.?)?$/i, 'the name of a host, or nothing'),
    {
      flag: 'dns-canary',
      env: 'PAYDAY_DNS_CANARY',
      help: 'A name of your own: a failed lookup is the team’s failure unless this name cannot be looked up either.',
    },
  ),
});

/** The agent through which the chaos orchestrator orders additional load (docs/faults.md, traffic-spike). */
const agentSection = section({
  token: optional(text('TOKEN'), {
    env: 'PAYDAY_PROBER_AGENT_TOKEN',
    secret: true,
    help: 'Bearer token that allows ordering load spikes. Without it there is no agent.',
  }),
  host: withDefault(text('ADDRESS', 255), '127.0.0.1', {
    flag: 'agent-host',
    env: 'PAYDAY_PROBER_AGENT_HOST',
    help: 'Address on which the agent for load spikes listens.',
  }),
  port: withDefault(integer(0, 65_535), '0', {
    flag: 'agent-port',
    env: 'PAYDAY_PROBER_AGENT_PORT',
    help: 'Its port; 0: any free one.',
  }),
});

export const PROBER_SECTIONS = {
  log: logSection,
  prober: proberSection,
  agent: agentSection,
  http: httpSection(3005),
  process: processSection(0),
};

export type ProberConfig = ConfigOf<typeof PROBER_SECTIONS>['prober'];
export type AgentConfig = ConfigOf<typeof PROBER_SECTIONS>['agent'];

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { addressKind, createLogger, readConfig, systemClock } from '#runtime';
import { endpointUrl } from '../../apps/control/src/endpoint-url.js';
import { parseOptions } from '../../apps/all-in-one/src/options.js';
import { addressFlags, botRanges } from '../../apps/all-in-one/src/probe-addresses.js';
import { UP_SECTIONS } from '../../apps/all-in-one/src/index.js';
import { PROBER_SECTIONS } from '../../apps/prober/src/config.js';
import { Endpoint } from '../../apps/prober/src/http/endpoint.js';
import { ProberNetwork } from '../../apps/prober/src/network/prober-network.js';
import { TestDnsServer } from '../../apps/prober/src/testing/dns-server.js';
import { endpointParts } from '../../apps/prober/src/testing/endpoint-parts.js';
import { ROOT } from '../support/game-process.js';
import { FORMS, ZONE, type Form, type Verdict } from './forms.js';

/**
 * Every way in which a team may write an address, against every way in which a prober is started: each is refused on input, by the
 * guard, or reached, as docs/security.md says. What is reached on loopback is really called; what is refused is tried as well, and no
 * server may see anything of it.
 */
class Server {
  hits = 0;
  private constructor(
    readonly port: number,
    readonly close: () => void,
  ) {}

  /** Listens on every address of this machine, IPv6 included. */
  static async start(location?: string): Promise<Server> {
    const http = createServer((_req, res) => {
      server.hits++;
      if (location === undefined) res.end('a secret');
      else res.writeHead(302, { location }).end();
    });
    await new Promise<void>((resolve) => http.listen(0, '::', resolve));
    const server = new Server((http.address() as AddressInfo).port, () => {
      http.closeAllConnections();
      http.close();
    });
    return server;
  }
}

type Outcome =
  'invalid' | 'refused' | 'own' | 'nowhere' | 'callable' | `reached ${number}` | 'reached, not followed';

let dns: TestDnsServer;
/** Belongs to nobody of the game; a bot's; what the launcher protects. */
let other: Server;
let bot: Server;
let ingest: Server;
let agent: Server;
let database: Server;
let redirect: Server;
const networks: ProberNetwork[] = [];

beforeAll(async () => {
  dns = await TestDnsServer.start(ZONE);
  [other, bot, ingest, agent, database] = (await Promise.all(
    Array.from({ length: 5 }, () => Server.start()),
  )) as [Server, Server, Server, Server, Server];
  redirect = await Server.start(`http://127.0.0.1:${other.port}/`);
});
afterAll(async () => {
  for (const network of networks) network.close();
  for (const each of [other, bot, ingest, agent, database, redirect]) each.close();
  await dns.close();
});

/** A prober's network with these settings, as its process would read them. */
async function prober(flags: string[], env: Record<string, string> = {}): Promise<ProberNetwork> {
  const config = readConfig(PROBER_SECTIONS, {
    flags,
    env: {
      PAYDAY_LOG_URL: 'lmdb:/nowhere',
      PAYDAY_INGEST_URL: `http://127.0.0.1:${ingest.port}`,
      PAYDAY_PROBER_TOKEN: 'x',
      PAYDAY_PROBER_ID: 'p',
      PAYDAY_GAME_ID: 'g',
      PAYDAY_DNS_SERVERS: dns.address,
      ...env,
    },
  });
  const logger = createLogger({ service: 'test', level: 'silent' });
  const network = new ProberNetwork({ config: config.prober, logUrl: config.log.url }, systemClock, logger);
  await network.open();
  networks.push(network);
  return network;
}

/** As `npm start` starts its prober. */
function launched(args: string[], botEndpoints: { url: string }[]): Promise<ProberNetwork> {
  const { allow } = parseOptions(args, '/');
  return prober(
    addressFlags({
      allow: [...(allow ?? []), ...botRanges(botEndpoints)],
      deniedOrigins: [`postgres://127.0.0.1:${database.port}`, `http://127.0.0.1:${agent.port}`],
    }),
  );
}

const bots = (): { url: string }[] => [{ url: `http://127.0.0.1:${bot.port}` }];

/** The environment that Compose gives to the prober where nothing is set outside of it, but for what is given here. */
function compose(outside: Record<string, string> = {}): Promise<ProberNetwork> {
  const { services } = parse(readFileSync(join(ROOT, 'infra/compose.yaml'), 'utf8'), { merge: true }) as {
    services: Record<string, { environment: Record<string, string> }>;
  };
  const env = Object.entries(services['prober']!.environment).map(([name, value]) => [
    name,
    value.replace(
      /\$\{(\w+):-(.*?)\}/g,
      (_, variable: string, fallback: string) => outside[variable] ?? fallback,
    ),
  ]);
  const {
    PAYDAY_PROBER_TOKEN: _,
    PAYDAY_GAME_ID: __,
    ...rest
  } = Object.fromEntries(env) as Record<string, string>;
  return prober([], rest);
}

/** Input check, resolver, guard, and where that is possible a request. */
async function attempt(network: ProberNetwork, url: string): Promise<Outcome> {
  let stored: string;
  try {
    stored = endpointUrl(url);
  } catch {
    return 'invalid';
  }
  const { hostname, port } = new URL(stored);
  const names = network.names.of('team');
  const found = await names.resolve(hostname);
  if ('outcome' in found) {
    expect(found.outcome).toBe('connect_error');
    return 'nowhere';
  }
  const problems = found.addresses.map(({ address }) =>
    network.guard.problem(hostname.replace(/^\[|\]$/g, ''), address, Number(port)),
  );
  const callable = found.addresses.filter((_, i) => problems[i] === null);
  // Nothing beyond this machine is called by a test.
  if (callable.some(({ address }) => addressKind(address)!.what !== 'loopback')) return 'callable';
  const endpoint = new Endpoint(
    stored,
    { maxInFlight: 1, maxQueued: 1, maxBodyBytes: 1_000, maxHeldBytes: 1_000 },
    endpointParts(network.guard, names),
  );
  const request = {
    method: 'GET' as const,
    path: '/',
    headers: {},
    expect: { status: 200, contains: 'secret' },
  };
  const result = await new Promise<Parameters<Parameters<Endpoint['send']>[1]>[0]>((resolve) =>
    endpoint.send(request, resolve),
  );
  endpoint.destroy();
  if (result.kind === 'answer') return `reached ${result.status}`;
  if (result.outcome === 'redirect') return 'reached, not followed';
  expect(result).toMatchObject({
    outcome: 'connect_error',
    got: expect.stringMatching(/address not allowed/),
  });
  expect(callable).toEqual([]);
  return problems.every((problem) => problem!.includes('belongs to the game itself')) ? 'own' : 'refused';
}

async function attemptAll(
  network: ProberNetwork,
  forms: readonly Form[],
  port: number,
): Promise<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {};
  for (const [form] of forms) outcomes[form] = await attempt(network, form.replace('PORT', String(port)));
  return outcomes;
}

const expected = (forms: readonly Form[], by: Record<Verdict, Outcome>): Record<string, Outcome> =>
  Object.fromEntries(forms.map(([form, verdict]) => [form, by[verdict]]));

const BY_DEFAULT: Record<Verdict, Outcome> = {
  invalid: 'invalid',
  loopback4: 'refused',
  loopback6: 'refused',
  private: 'refused',
  never: 'refused',
  public: 'callable',
  nowhere: 'nowhere',
};
const loopback = FORMS.filter(([, verdict]) => verdict === 'loopback4' || verdict === 'loopback6');

const DEFAULTS: [string, () => Promise<ProberNetwork>][] = [
  ['npm start', () => launched([], bots())],
  ['npm start -- --teams-file', () => launched(['--teams-file', 'teams.yaml'], [])],
  ['payday run prober', () => prober([])],
  ['the settings of Compose', () => compose()],
];

it('the table has at least 130 forms, each once', () => {
  expect(FORMS.length).toBeGreaterThanOrEqual(130);
  expect(new Set(FORMS.map(([form]) => form)).size).toBe(FORMS.length);
  const { up } = readConfig(UP_SECTIONS, { flags: [], env: {} });
  // `payday up` gives its prober what `npm start` gives its own.
  expect([up.allow, parseOptions([], '/').allow]).toEqual([[], null]);
});

describe.each(DEFAULTS)('%s', (_name, open) => {
  it('refuses or calls every form as the docs say, and nothing that is refused is touched', async () => {
    const network = await open();
    const before = other.hits;
    expect(await attemptAll(network, FORMS, other.port)).toEqual(expected(FORMS, BY_DEFAULT));
    expect(other.hits).toBe(before);
  });
});

describe('what is allowed', () => {
  it('bots are called by their very address and port', async () => {
    const network = await launched([], bots());
    expect(await attempt(network, `http://127.0.0.1:${bot.port}`)).toBe('reached 200');
    expect(await attempt(network, `http://loop4.test:${bot.port}`)).toBe('reached 200');
    for (const host of ['127.0.0.2', '[::1]', 'loop6.test'])
      expect(await attempt(network, `http://${host}:${bot.port}`)).toBe('refused');
    // A bot that was started again has other ports.
    network.setRules({ allow: botRanges([{ url: `http://127.0.0.1:${other.port}` }]), deniedOrigins: [] });
    expect(await attempt(network, `http://127.0.0.1:${bot.port}`)).toBe('refused');
    expect(await attempt(network, `http://127.0.0.1:${other.port}`)).toBe('reached 200');
  });

  it('--allow 127.0.0.0/8 opens loopback in IPv4, and nothing else', async () => {
    const network = await launched(['--teams-file', 't', '--allow', '127.0.0.0/8'], []);
    expect(await attemptAll(network, FORMS, other.port)).toEqual(
      expected(FORMS, { ...BY_DEFAULT, loopback4: 'reached 200' }),
    );
  });

  it('no allow-list opens what is never called', async () => {
    const network = await launched(['--allow', '0.0.0.0/0', '--allow', '::/0'], []);
    expect(await attemptAll(network, FORMS, other.port)).toEqual(
      expected(FORMS, {
        ...BY_DEFAULT,
        loopback4: 'reached 200',
        loopback6: 'reached 200',
        // NAT64 to loopback among them: where it leads to is not on this machine.
        private: 'callable',
      }),
    );
  });

  it('a redirect is an answer, not an order', async () => {
    const network = await launched(['--allow', `127.0.0.1:${redirect.port}`], []);
    const before = other.hits;
    expect(await attempt(network, `http://127.0.0.1:${redirect.port}`)).toBe('reached, not followed');
    expect(other.hits).toBe(before);
  });

  it('a name that is pointed elsewhere is judged by where it leads now', async () => {
    const network = await launched([], []);
    dns.zone.set('moving.test', { a: ['93.184.216.34'], ttl: 0 });
    expect(await attempt(network, `http://moving.test:${other.port}`)).toBe('callable');
    dns.zone.set('moving.test', { a: ['127.0.0.1'], ttl: 0 });
    network.names.of('team').recheck();
    // Another team asks for itself.
    const found = await network.names.of('another').resolve('moving.test');
    expect(found).toEqual({ addresses: [{ address: '127.0.0.1', family: 4 }] });
    expect(network.guard.problem('moving.test', '127.0.0.1', other.port)).toMatch(/is loopback/);
  });
});

describe('what belongs to the game', () => {
  const own = (forms: readonly Form[]): Record<string, Outcome> =>
    Object.fromEntries(forms.map(([form]) => [form, 'own']));

  it.each(['npm start', '--allow everything'])('is out of reach in every notation: %s', async (kind) => {
    const args = kind === 'npm start' ? [] : ['--allow', '0.0.0.0/0,::/0'];
    const network = await launched(args, bots());
    const mine = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ address, internal }) => !internal && !/^fe80/.test(address))
      .map(({ address }): Form => [
        `http://${address.includes(':') ? `[${address}]` : address}:PORT`,
        'private',
      ]);
    const forms = [...loopback, ...mine];
    for (const server of [ingest, agent, database]) {
      expect(await attemptAll(network, forms, server.port)).toEqual(own(forms));
      expect(server.hits).toBe(0);
    }
  });

  it('has all addresses of its names, and all of them are protected: Compose', async () => {
    const addresses = {
      ...{ control: '172.18.0.2', ingest: '172.18.0.3', scorer: '172.18.0.4', broadcaster: '172.18.0.5' },
      ...{
        'chaos-orchestrator': '172.18.0.6',
        prober: '172.18.0.7',
        edge: '172.18.0.8',
        prometheus: '172.18.0.9',
      },
      ...{ grafana: '172.18.0.10', kafka: '172.18.0.11', postgres: '172.18.0.12' },
    };
    for (const [name, address] of Object.entries(addresses)) dns.zone.set(name, { a: [address] });
    // Two copies.
    dns.zone.set('ingest', { a: ['172.18.0.3', '172.18.0.13'] });
    dns.zone.set('mirror.test', { a: ['172.18.0.12'] });
    const network = await compose({ PAYDAY_ALLOW: '172.16.0.0/12' });
    const ports = { prometheus: [9090], kafka: [9092, 9093], postgres: [5432] };
    const urls = Object.entries(addresses).flatMap(([name, address]) =>
      (ports[name as keyof typeof ports] ?? [3000]).flatMap((port) => [
        `http://${name}:${port}`,
        `http://${name}.:${port}`,
        `http://${address}:${port}`,
        `http://[::ffff:${address}]:${port}`,
      ]),
    );
    const outcomes = new Map<string, Outcome>();
    for (const url of [...urls, 'http://172.18.0.13:3000', 'http://mirror.test:5432'])
      outcomes.set(url, await attempt(network, url));
    expect([...outcomes].filter(([, outcome]) => outcome !== 'own')).toEqual([]);
    expect(outcomes.size).toBe(50);
    // A team's container on the same network.
    expect(await attempt(network, 'http://172.18.0.99:3000')).toBe('callable');
    expect(await attempt(network, 'http://172.18.0.12:3000')).toBe('callable');
  });
});

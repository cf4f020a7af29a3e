import { ADVISORY_LOCKS, servicePostgres } from '#persistence';
import {
  databaseSection,
  defineService,
  httpSection,
  httpUrl,
  listOf,
  logSection,
  optional,
  processSection,
  section,
  text,
  withDefault,
} from '#runtime';
import { ChaosModule } from './chaos.module.js';
import { Orchestrator } from './orchestrator.js';
import { ChaosTargetsFile } from './targets/chaos-targets-file.js';
import { joinTargets, type FaultTargets } from './targets/fault-targets.js';
import { FileTargets } from './targets/file-targets.js';

const NO_TARGETS: FaultTargets = { targetOf: () => null };

export const chaosService = defineService({
  name: 'chaos-orchestrator',
  summary:
    'Runs the timeline of every game and drives faults to their end. Exactly one copy is active: the others stand by (not ready)\n' +
    'until the PostgreSQL connection of the active one ends.',
  sections: {
    log: logSection,
    database: databaseSection,
    chaos: section({
      targetsFile: optional(text('FILE'), {
        flag: 'targets-file',
        env: 'PAYDAY_CHAOS_TARGETS',
        help: 'List of targets in YAML or JSON, written by the process that runs sandboxes; read again when it changes.',
      }),
      chaosTargets: optional(text('FILE'), {
        flag: 'chaos-targets',
        env: 'PAYDAY_CHAOS_TARGETS_FILE',
        help: 'YAML that says how drivers reach real teams (docs/faults.md). Without either file, no fault can fire.',
      }),
      controlUrl: optional(httpUrl(), {
        flag: 'control',
        env: 'PAYDAY_CONTROL_URL',
        help: 'Origin of control, for the commands game:… of the chaos control socket. Without it, those are refused.',
      }),
      allowedOrigins: withDefault(listOf(httpUrl()), '', {
        flag: 'allowed-origins',
        env: 'PAYDAY_ALLOWED_ORIGINS',
        help: 'Origins of pages that may use the chaos control socket, besides this service’s own.',
      }),
    }),
    http: httpSection(3006),
    process: processSection(0),
  },
  database: servicePostgres({
    tokens: true,
    leader: { lock: ADVISORY_LOCKS.chaosOrchestrator, applicationName: 'payday-chaos' },
  }),
  module: ({ chaos }, { logger }) => {
    const targets = joinTargets(
      chaos.chaosTargets === undefined ? NO_TARGETS : ChaosTargetsFile.read(chaos.chaosTargets, process.env),
      chaos.targetsFile === undefined
        ? NO_TARGETS
        : new FileTargets(chaos.targetsFile, (err) =>
            logger.error({ err }, 'using the previous content of the targets file'),
          ),
    );
    return ChaosModule.register({ targets, socket: chaos });
  },
  gameEvents: true,
  serves: ['api'],
  begin: (app) => app.get(Orchestrator).start(),
});

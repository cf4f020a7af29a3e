import {
  ADVISORY_LOCKS,
  assertMigrated,
  acquireLeadership,
  openMigratedDatabase,
  TokenStore,
} from '#persistence';
import {
  RuntimeModule,
  createHttpApp,
  databaseSection,
  defineService,
  gameEventsOf,
  httpSection,
  httpUrl,
  listOf,
  logSection,
  openServiceLog,
  optional,
  processSection,
  section,
  serveOpenApi,
  text,
  withDefault,
} from '#runtime';
import { ChaosModule } from './chaos.module.js';
import { CHAOS_MIGRATIONS } from './migrations/index.js';
import { Orchestrator } from './orchestrator.js';
import { ChaosTargetsFile } from './targets/chaos-targets-file.js';
import { joinTargets, type FaultTargets } from './targets/fault-targets.js';
import { FileTargets } from './targets/file-targets.js';

class ChaosProcess {}

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
  async start({ log: logConfig, database, chaos }, parts) {
    const { clock, logger, metrics, readiness, waitFor, stopping } = parts;
    // Report a mistake in a file immediately, before waiting for other services.
    const targets = joinTargets(
      chaos.chaosTargets === undefined ? NO_TARGETS : ChaosTargetsFile.read(chaos.chaosTargets, process.env),
      chaos.targetsFile === undefined
        ? NO_TARGETS
        : new FileTargets(chaos.targetsFile, (err) =>
            logger.error({ err }, 'using the previous content of the targets file'),
          ),
    );
    const eventLog = await openServiceLog(logConfig, parts);
    const dataSource = await waitFor('database', () =>
      openMigratedDatabase(database.url, { migrations: CHAOS_MIGRATIONS }),
    );
    readiness.register('database', () => assertMigrated(dataSource));
    readiness.register('only one', () => {
      throw new Error('standing by: another chaos orchestrator acts');
    });
    const releaseLeadership = await acquireLeadership(dataSource, ADVISORY_LOCKS.chaosOrchestrator, {
      applicationName: 'payday-chaos',
      signal: stopping,
      onStandby: () => logger.info('standing by: another chaos orchestrator acts'),
      onLost: parts.fail,
    });
    readiness.remove('only one');
    const tokenVerifier = new TokenStore(dataSource, clock);
    const runtime = RuntimeModule.register({
      clock,
      logger,
      metrics,
      eventLog,
      dataSource,
      tokenVerifier,
      readiness,
    });
    const module = {
      module: ChaosProcess,
      imports: [runtime, ChaosModule.register({ targets, socket: chaos })],
    };
    const app = await createHttpApp(module, logger);
    serveOpenApi(app);
    const { strategy, caughtUp } = gameEventsOf(eventLog, parts);
    app.connectMicroservice({ strategy }, { inheritAppConfig: false });
    return {
      app,
      begin: async () => {
        await app.startAllMicroservices();
        await caughtUp;
        await app.get(Orchestrator).start();
      },
      close: async () => {
        await releaseLeadership();
        await eventLog.close();
        await dataSource.destroy();
      },
    };
  },
});

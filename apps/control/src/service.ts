import { DriverRegistry, createDrivers } from '#faults';
import { TokenStore, assertMigrated, openMigratedDatabase } from '#persistence';
import {
  RuntimeModule,
  createHttpApp,
  databaseSection,
  defineService,
  httpSection,
  integer,
  logSection,
  openServiceLog,
  processSection,
  section,
  serveOpenApi,
  withDefault,
} from '#runtime';
import { latencyPercentiles } from '#scoring';
import { ControlModule } from './control.module.js';
import { GameLoop } from './game-loop.js';

class ControlProcess {}

export const controlService = defineService({
  name: 'control',
  summary:
    'Games, teams, endpoints, the life cycle and the ledger over REST. Publishes events from the outbox.\n' +
    'Several copies may run: only one outbox relay works at a time, and every change is made once.',
  sections: {
    log: logSection,
    database: databaseSection,
    control: section({
      leadMs: withDefault(integer(100, 60_000), '2000', {
        flag: 'lead-ms',
        env: 'PAYDAY_LEAD_MS',
        help: 'How far ahead a change of the life cycle lies at least, so that every service hears of it in time.',
      }),
    }),
    http: httpSection(3001),
    process: processSection(1000),
  },
  async start({ log: logConfig, database, control }, parts) {
    const { clock, logger, metrics, readiness, waitFor } = parts;
    const eventLog = await openServiceLog(logConfig, parts);
    const dataSource = await waitFor('database', () => openMigratedDatabase(database.url));
    readiness.register('database', () => assertMigrated(dataSource));
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
    const controls = ControlModule.register({
      latencyPercentiles,
      leadMs: control.leadMs,
      faultRules: new DriverRegistry(createDrivers()).rules,
    });
    const app = await createHttpApp({ module: ControlProcess, imports: [runtime, controls] }, logger);
    serveOpenApi(app);
    return {
      app,
      begin: async () => app.get(GameLoop).start(),
      close: async () => {
        await eventLog.close();
        await dataSource.destroy();
      },
    };
  },
});

import { TokenStore, assertMigrated, openMigratedDatabase } from '#persistence';
import {
  RuntimeModule,
  createHttpApp,
  databaseSection,
  defineService,
  gameEventsOf,
  httpSection,
  logSection,
  openServiceLog,
  processSection,
  serveOpenApi,
} from '#runtime';
import { IngestModule } from './ingest.module.js';

class IngestProcess {}

export const ingestService = defineService({
  name: 'ingest',
  summary:
    'Accepts probe results (POST /api/v1/probe-batches): authenticates, validates, appends durably, then acknowledges.\n' +
    'Run any number of replicas behind any load balancer.',
  sections: {
    log: logSection,
    database: databaseSection,
    http: httpSection(3002),
    process: processSection(1000),
  },
  async start({ log: logConfig, database }, parts) {
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
    const app = await createHttpApp({ module: IngestProcess, imports: [runtime, IngestModule] }, logger);
    serveOpenApi(app);
    const { strategy, caughtUp } = gameEventsOf(eventLog, parts);
    app.connectMicroservice({ strategy }, { inheritAppConfig: false });
    return {
      app,
      begin: async () => {
        await app.startAllMicroservices();
        // Until then, results of a game that began long ago would be refused as unknown.
        await caughtUp;
      },
      close: async () => {
        await eventLog.close();
        await dataSource.destroy();
      },
    };
  },
});

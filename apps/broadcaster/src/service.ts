import { openMigratedDatabase } from '#persistence';
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
  serveWebPages,
} from '#runtime';
import { BroadcasterModule } from './broadcaster.module.js';
import { ScoreFeed } from './score-feed.js';

class BroadcasterProcess {}

const POOL_SIZE = 2;

export const broadcasterService = defineService({
  name: 'broadcaster',
  summary:
    'Serves the public view: the pages, /api/v1/standings, /api/v1/stream and Socket.IO /leaderboard.\n' +
    'Any number of copies; a viewer that switches to another one gets a snapshot and continues.',
  sections: {
    log: logSection,
    database: databaseSection,
    http: httpSection(3003),
    process: processSection(2000),
  },
  async start({ log: logConfig, database }, parts) {
    const { clock, logger, metrics, readiness, waitFor } = parts;
    const eventLog = await openServiceLog(logConfig, parts);
    // Needed only for the start: afterwards all data comes from the log, even while the database is unavailable.
    const dataSource = await waitFor('database', () =>
      openMigratedDatabase(database.url, { poolSize: POOL_SIZE }),
    );
    const runtime = RuntimeModule.register({ clock, logger, metrics, eventLog, dataSource, readiness });
    const module = { module: BroadcasterProcess, imports: [runtime, BroadcasterModule] };
    const app = await createHttpApp(module, logger);
    await serveWebPages(app);
    serveOpenApi(app);
    const { strategy, caughtUp } = gameEventsOf(eventLog, parts);
    app.connectMicroservice({ strategy }, { inheritAppConfig: false });
    return {
      app,
      begin: async () => {
        await app.startAllMicroservices();
        await caughtUp;
        app.get(ScoreFeed).gameEventsCaughtUp();
      },
      close: async () => {
        await eventLog.close();
        await dataSource.destroy();
      },
    };
  },
});

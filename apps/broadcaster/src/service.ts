import { servicePostgres } from '#persistence';
import { databaseSection, defineService, httpSection, logSection, processSection } from '#runtime';
import { BroadcasterModule } from './broadcaster.module.js';
import { ScoreFeed } from './score-feed.js';

export const broadcasterService = defineService({
  name: 'broadcaster',
  summary:
    'Shows the public what happens: the pages, /api/v1/standings, /api/v1/stream and Socket.IO /leaderboard.\n' +
    'Any number of copies; a viewer who comes to another one gets a snapshot and goes on.',
  sections: {
    log: logSection,
    database: databaseSection,
    http: httpSection(3003),
    process: processSection(2000),
  },
  // After the start everything comes through the log, also while the database is away.
  database: servicePostgres({ poolSize: 2, startOnly: true }),
  module: () => BroadcasterModule,
  gameEvents: true,
  serves: ['pages', 'api'],
  begin: (app) => app.get(ScoreFeed).gameEventsCaughtUp(),
});

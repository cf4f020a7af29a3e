import { PostgresLeaseStore, assertMigrated, openMigratedDatabase } from '#persistence';
import {
  RuntimeModule,
  createHttpApp,
  databaseSection,
  defineService,
  httpSection,
  logSection,
  openServiceLog,
  processSection,
} from '#runtime';
import { ScorerModule } from './scorer.module.js';
import { ScorerService } from './scorer.service.js';

class ScorerProcess {}

/** Each partition has connections of its own; the pool is for what is asked now and then. */
const POOL_SIZE = 2;

export const scorerService = defineService({
  name: 'scorer',
  summary:
    'Scores results: alone writes the ledger. Several share the partitions of the results among them; a partition\n' +
    'whose scorer stops or dies goes to another, which goes on behind its last commit.',
  sections: {
    log: logSection,
    database: databaseSection,
    http: httpSection(3004),
    // Nobody is routed to a scorer: there is no balancer that has to notice.
    process: processSection(0),
  },
  async start({ log: logConfig, database }, parts) {
    const { clock, logger, metrics, readiness, waitFor } = parts;
    const dataSource = await waitFor('database', () =>
      openMigratedDatabase(database.url, { poolSize: POOL_SIZE }),
    );
    readiness.register('database', () => assertMigrated(dataSource));
    // How scorers share partitions in logs that have no group protocol of their own.
    const leases = new PostgresLeaseStore(dataSource);
    const eventLog = await openServiceLog(logConfig, parts, { leases });
    const runtime = RuntimeModule.register({ clock, logger, metrics, eventLog, dataSource, readiness });
    const app = await createHttpApp({ module: ScorerProcess, imports: [runtime, ScorerModule] }, logger);
    return {
      app,
      handOver: () => app.get(ScorerService).stop(),
      close: async () => {
        await eventLog.close();
        await leases.close();
        await dataSource.destroy();
      },
    };
  },
});

import { servicePostgres } from '#persistence';
import { databaseSection, defineService, httpSection, logSection, processSection } from '#runtime';
import { ScorerModule } from './scorer.module.js';
import { ScorerService } from './scorer.service.js';

export const scorerService = defineService({
  name: 'scorer',
  summary:
    'Scores results; only scorers write the ledger. Several share the partitions of the results; a partition whose\n' +
    'scorer stops or dies goes to another, which resumes after its last commit.',
  sections: {
    log: logSection,
    database: databaseSection,
    http: httpSection(3004),
    // No load balancer routes to a scorer, so none has to notice that it stops.
    process: processSection(0),
  },
  // Each partition has connections of its own; the pool is for occasional queries.
  database: servicePostgres({ poolSize: 2, leases: true }),
  module: () => ScorerModule,
  handOver: (app) => app.get(ScorerService).stop(),
});

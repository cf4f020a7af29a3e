import { servicePostgres } from '#persistence';
import { databaseSection, defineService, httpSection, logSection, processSection } from '#runtime';
import { IngestModule } from './ingest.module.js';

export const ingestService = defineService({
  name: 'ingest',
  summary:
    'Accepts probe results (POST /api/v1/probe-batches): authenticates, validates, appends durably, then acknowledges.\n' +
    'Any number of copies, behind any balancer.',
  sections: {
    log: logSection,
    database: databaseSection,
    http: httpSection(3002),
    process: processSection(1000),
  },
  database: servicePostgres({ tokens: true }),
  module: () => IngestModule,
  // Without the events of the past, results of a game that began long ago would be refused as unknown.
  gameEvents: true,
  serves: ['api'],
});

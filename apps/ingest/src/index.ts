export { IngestModule } from './ingest.module.js';
export { ingestService } from './service.js';

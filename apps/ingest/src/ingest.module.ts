import { Module } from '@nestjs/common';
import { AcceptedBatches } from './accepted-batches.js';
import { EndpointFindingsController } from './endpoint-findings.controller.js';
import { GameDirectory } from './game-directory.js';
import { IngestController } from './ingest.controller.js';
import { IngestService } from './ingest.service.js';

/** The entry point for probe results, and for what probers find of endpoints. Needs `RuntimeModule`; for findings with a data source. */
@Module({
  controllers: [IngestController, EndpointFindingsController],
  providers: [IngestService, GameDirectory, AcceptedBatches],
  exports: [GameDirectory],
})
export class IngestModule {}

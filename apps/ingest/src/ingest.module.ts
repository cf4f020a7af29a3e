import { Module } from '@nestjs/common';
import { AcceptedBatches } from './accepted-batches.js';
import { EndpointFindingsController } from './endpoint-findings.controller.js';
import { GameDirectory } from './game-directory.js';
import { IngestController } from './ingest.controller.js';
import { IngestService } from './ingest.service.js';

/** The entry point for probe results and endpoint findings. Needs `RuntimeModule`, with a data source for the findings. */
@Module({
  controllers: [IngestController, EndpointFindingsController],
  providers: [IngestService, GameDirectory, AcceptedBatches],
  exports: [GameDirectory],
})
export class IngestModule {}

import { Module } from '@nestjs/common';
import { GameDirectory } from './game-directory.js';
import { IngestController } from './ingest.controller.js';
import { IngestService } from './ingest.service.js';

/** The door for probe results. Needs `RuntimeModule`. */
@Module({
  controllers: [IngestController],
  providers: [IngestService, GameDirectory],
  exports: [GameDirectory],
})
export class IngestModule {}

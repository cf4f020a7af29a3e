import { Module } from '@nestjs/common';
import { ScorerService } from './scorer.service.js';

/** The windowed scoring core around `libs/scoring`. Needs `RuntimeModule` with a data source. */
@Module({ providers: [ScorerService], exports: [ScorerService] })
export class ScorerModule {}

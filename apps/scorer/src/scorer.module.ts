import { Module } from '@nestjs/common';
import type { Registry } from 'prom-client';
import type { Clock } from '#kernel';
import { CLOCK, METRICS } from '#runtime';
import { PartitionWorkerFactory } from './partition-worker-factory.js';
import { ScorerMetrics } from './scorer-metrics.js';
import { ScorerService } from './scorer.service.js';

/** The windowed scoring core around `libs/scoring`. Needs `RuntimeModule` with a data source. */
@Module({
  providers: [
    ScorerService,
    PartitionWorkerFactory,
    {
      provide: ScorerMetrics,
      useFactory: (registry: Registry, clock: Clock) =>
        new ScorerMetrics(registry, () => clock.monotonicMs()),
      inject: [METRICS, CLOCK],
    },
  ],
  exports: [ScorerService],
})
export class ScorerModule {}

import { Module, type DynamicModule } from '@nestjs/common';
import { decodeHistogram } from '#scoring';
import { RuntimeModule, type RuntimeParts } from '#runtime';
import { BroadcasterModule } from '../../broadcaster/src/index.js';
import { ChaosModule, type FaultTargets } from '../../chaos-orchestrator/src/index.js';
import { ControlModule } from '../../control/src/index.js';
import { IngestModule } from '../../ingest/src/index.js';
import { ScorerModule } from '../../scorer/src/index.js';

/** Every service in one process, on the parts that it is given. */
@Module({})
export class AllInOneModule {
  static register(parts: RuntimeParts, options: { targets: FaultTargets; leadMs: number }): DynamicModule {
    return {
      module: AllInOneModule,
      imports: [
        RuntimeModule.register(parts),
        ControlModule.register({ latencyPercentiles, leadMs: options.leadMs }),
        IngestModule,
        ScorerModule,
        BroadcasterModule,
        ChaosModule.register({ targets: options.targets }),
      ],
    };
  }
}

/** Percentiles of a stored histogram, in milliseconds with two decimals. */
function latencyPercentiles(bytes: Uint8Array): { p50: number; p95: number; p99: number } | null {
  const histogram = decodeHistogram(bytes);
  if (histogram.count === 0) return null;
  const ms = (percent: number): number => Math.round(histogram.percentile(percent)! / 10) / 100;
  return { p50: ms(50), p95: ms(95), p99: ms(99) };
}

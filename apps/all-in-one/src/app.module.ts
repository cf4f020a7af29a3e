import { Module, type DynamicModule } from '@nestjs/common';
import { RuntimeModule, type RuntimeParts } from '#runtime';
import { BroadcasterModule } from '../../broadcaster/src/index.js';
import { ChaosModule, type FaultTargets } from '../../chaos-orchestrator/src/index.js';
import { ControlModule } from '../../control/src/index.js';
import { IngestModule } from '../../ingest/src/index.js';
import { FAULT_RULES } from './fault-kinds.js';
import { ScorerModule } from '../../scorer/src/index.js';

/** Every service in one process, on the parts that it is given. */
@Module({})
export class AllInOneModule {
  static register(
    parts: RuntimeParts,
    options: { targets: FaultTargets; leadMs: number; url: string },
  ): DynamicModule {
    return {
      module: AllInOneModule,
      imports: [
        RuntimeModule.register(parts),
        ControlModule.register({ leadMs: options.leadMs, faultRules: FAULT_RULES }),
        IngestModule,
        ScorerModule,
        BroadcasterModule,
        ChaosModule.register({ targets: options.targets, socket: { controlUrl: options.url } }),
      ],
    };
  }
}

export {
  ChaosEngineModule,
  ChaosModule,
  type ChaosEngineOptions,
  type ChaosOptions,
} from './chaos.module.js';
export { CHAOS_COMMANDS } from './commands/command-bus.js';
export type * from './commands/types.js';
export { Orchestrator } from './orchestrator.js';
export { chaosService } from './service.js';
export { ChaosTargetsFile } from './targets/chaos-targets-file.js';
export { joinTargets, type FaultTargets } from './targets/fault-targets.js';

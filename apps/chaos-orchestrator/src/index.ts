export { ChaosModule, type ChaosOptions } from './chaos.module.js';
export { Chaos1700000100000 } from './migrations/1700000100000-chaos.js';
export {
  Orchestrator,
  type FaultSelector,
  type FaultTargets,
  type OrchestratorParts,
  type StopReport,
} from './orchestrator.js';
export { PostgresChaosStore } from './postgres-store.js';
export { realTimers, type Timers } from './timers.js';
export type { ChaosStore } from './store.js';
export { CHAOS_MIGRATIONS } from './migrations/index.js';
export { chaosService } from './service.js';

export { ChaosModule, type ChaosOptions } from './chaos.module.js';
export { ChaosTargetsFile, joinTargets } from './chaos-targets.js';
export type * from './commands/types.js';
export { CHAOS_COMMANDS, Orchestrator, type FaultTargets, type OrchestratorParts } from './orchestrator.js';
export { realTimers, type Timers } from './timers.js';
export type { ChaosStore } from './store.js';
export { chaosService } from './service.js';

export { ChaosModule, type ChaosOptions } from './chaos.module.js';
export { ChaosTargetsFile, joinTargets } from './chaos-targets.js';
export type * from './commands/types.js';
export { CHAOS_MIGRATIONS } from './migrations/index.js';
export { CHAOS_COMMANDS, Orchestrator, type FaultTargets, type OrchestratorParts } from './orchestrator.js';
export { PostgresChaosStore } from './postgres-store.js';
export type { ChaosStore } from './store.js';
export { chaosService } from './service.js';

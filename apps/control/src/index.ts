export * from './control.module.js';
export * from './actor.js';
export * from './freeze-service.js';
export type { ChangedGame } from './game-changes.js';
export * from './game-loop.js';
export * from './game-service.js';
export { CONTROL_OPTIONS, LATENCY_PERCENTILES } from './options.js';
export type { ControlOptions, LatencyPercentiles } from './options.js';
export { controlService } from './service.js';

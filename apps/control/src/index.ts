export * from './control.module.js';
export * from './actor.js';
export * from './freeze-service.js';
export type { ChangedGame } from './game-changes.js';
export * from './game-loop.js';
export * from './game-service.js';
export { CONTROL_OPTIONS, type ControlOptions } from './options.js';
export { controlService } from './service.js';
export * from './token-service.js';

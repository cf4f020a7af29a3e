/** Faults: their life cycle (pure), the driver port, and the drivers. */
export * from './driver.js';
export * from './driver-registry.js';
export * from './drivers/sandbox.js';
export * from './fairness.js';
export * from './fault.js';
export * from './life-cycle.js';
export * from './perform-call.js';

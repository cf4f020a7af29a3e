/** Faults: their life cycle (pure), the driver port, and the drivers, created by `createDrivers`. */
export * from './all-drivers.js';
export * from './driver-registry.js';
export * from './driver.js';
export * from './effect.js';
export * from './excuse.js';
export * from './expected-cost.js';
export * from './expected-effect.js';
export * from './expected-money.js';
export * from './fair-choice.js';
export * from './fairness.js';
export * from './fault.js';
export * from './kind-spec.js';
export * from './life-cycle.js';
export * from './perform-call.js';
export * from './tally.js';
export * from './timeline-costs.js';

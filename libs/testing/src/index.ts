export * from './answer-check.js';
export * from './builders.js';
export * from './manual-time.js';
export * from './oracle.js';
export * from './score-driver.js';
export * from './postgres.js';
export * from './transpile.js';
export * from './kafka/index.js';

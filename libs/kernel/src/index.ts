export * from './clock.js';
export * from './errors.js';
export * from './ids.js';
export * from './money.js';
export * from './partition.js';
export * from './random.js';
export * from './suggest.js';
export * from './token-bucket.js';

export * from './postgres.js';
export * from './transpile.js';

export * from './common-sections.js';
export { configHelp } from './help.js';
export * from './key.js';
export * from './key-types.js';
export * from './read-config.js';

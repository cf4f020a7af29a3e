/** What the command line shares with the launcher. Heavy: it loads every service. */
export { FAULT_RULES } from './fault-kinds.js';
export { SERVICE_MIGRATIONS } from './schema.js';
export { topicSpecs } from './topic-specs.js';
export { UP_SECTIONS } from './distributed/up-options.js';
export { up } from './distributed/up.js';

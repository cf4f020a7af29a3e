/** What the command line shares with the launcher. */
export { FAULT_RULES } from './fault-kinds.js';
export { assertPortFree, listen } from './port.js';
export { SERVICE_MIGRATIONS } from './schema.js';

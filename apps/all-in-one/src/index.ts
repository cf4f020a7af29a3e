/** What the command line shares with the launcher. */
export { assertPortFree, listen } from './port.js';
export { SERVICE_MIGRATIONS } from './schema.js';

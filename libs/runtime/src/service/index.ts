export type { ServiceDatabase } from './database.js';
export * from './define-service.js';
export { openConfiguredLog } from './log-part.js';
export * from './port.js';
export * from './run-service.js';
export * from './service.js';
export type { WaitFor } from './wait-for.js';

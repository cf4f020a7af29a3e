export * from './database.js';
export * from './embedded/start.js';
export * from './entities.js';
export * from './ledger-rows.js';
export * from './scorer-store.js';

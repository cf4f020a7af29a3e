// Types only: the schemas themselves, and zod with them, are in `#contracts/api`, so that hot paths and pages load neither.
export type * from './api/index.js';
export * from './chaos-places.js';
export * from './cloud-event.js';
export * from './csv.js';
export * from './game-events.js';
export * from './ledger.js';
export * from './ledger-reasons.js';
export * from './probe-batch.js';
export * from './probe-batch-codec.js';
export * from './probe-batch-json.js';
export * from './problem.js';
export * from './problem-codes.js';
export * from './results-due.js';
export * from './scenario.js';
export * from './score-updates.js';
export * from './team-proof.js';
export * from './token-role.js';
export * from './topics.js';

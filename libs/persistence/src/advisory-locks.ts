/** PostgreSQL's advisory locks are one space of numbers for the whole database: each use takes its own from here. */
export const ADVISORY_LOCKS = {
  migration: 7_290_001,
  /** Held by the one relay that works, as long as its connection lives. */
  outboxRelay: 7_290_002,
  auditLog: 7_290_003,
  /** Held by the one chaos orchestrator that acts, as long as its connection lives. */
  chaosOrchestrator: 7_290_004,
} as const;

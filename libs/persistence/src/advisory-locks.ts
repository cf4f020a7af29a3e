/** PostgreSQL's advisory locks share one number space per database, so every lock that Payday uses is listed here. */
export const ADVISORY_LOCKS = {
  migration: 7_290_001,
  /** Held by the active relay for the lifetime of its connection. */
  outboxRelay: 7_290_002,
  auditLog: 7_290_003,
  /** Held by the active chaos orchestrator for the lifetime of its connection. */
  chaosOrchestrator: 7_290_004,
} as const;

export type {
  AuditEntry as ChaosAuditEntry,
  ChaosCalls,
  ChaosInjected,
  ChaosInjection,
  ChaosPreview,
  ChaosPushes,
  ChaosStopped,
  ChaosTimeline,
} from '#contracts';
export * from './apply-delta.js';
export * from './chaos.js';
export * from './connect.js';
export * from './control.js';
export * from './leaderboard.js';
export * from './store.js';

export * from './apply-delta.js';
export * from './chaos.js';
export * from './connect.js';
export * from './control.js';
export * from './leaderboard.js';
export * from './store.js';

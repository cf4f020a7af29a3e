/** Injection tokens of the broadcaster; replaced in tests. */
export const TIMERS = Symbol('Timers');
export const SCORE_SNAPSHOT = Symbol('ScoreSnapshot');
export const FROZEN_STANDINGS = Symbol('FrozenStandings');

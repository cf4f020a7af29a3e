/** Injection tokens of the broadcaster; replaced in tests. */
export const TIMERS = Symbol('Timers');
export const COMMITTED_SCORES = Symbol('CommittedScores');
export const FROZEN_STANDINGS = Symbol('FrozenStandings');

import type { GameState } from '#contracts';
import type { ConnectionView } from '#client';

/** Older data than this turns amber, and then dims the board. */
export const LATE_AFTER_MS = 3_000;
export const STALE_AFTER_MS = 10_000;

/**
 * `live`: up to date. `late`: the age is amber. `stale`: the board dims and shows that it is reconnecting.
 * `calm`: nothing is due to change, so age is irrelevant.
 */
export type Freshness = 'live' | 'late' | 'stale' | 'calm';

/**
 * While a game runs, frames come at least once a second, and their age is the measure. Otherwise the server may be silent, and
 * only a lost connection makes the board doubtful; a sealed game's standings stay valid whatever happens to the server.
 */
export function freshness(
  state: GameState,
  ageMs: number | null,
  connection: ConnectionView,
  nowMonotonicMs: number,
): Freshness {
  if (state === 'sealed') return 'calm';
  const lost = connection.state !== 'connected';
  const doubtfulMs = state === 'running' ? (ageMs ?? 0) : lost ? nowMonotonicMs - connection.since : null;
  if (doubtfulMs === null) return 'calm';
  if (doubtfulMs > STALE_AFTER_MS) return 'stale';
  return doubtfulMs > LATE_AFTER_MS ? 'late' : state === 'running' ? 'live' : 'calm';
}

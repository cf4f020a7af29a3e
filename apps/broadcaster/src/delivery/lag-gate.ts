/** What waits on its way to one viewer. */
export interface Backlog {
  packets: number;
  bytes: number;
}

/** `deliver` the frame; `skip` it; `resync`: send a snapshot instead and deliver from now on; `drop` the viewer. */
export type Decision = 'deliver' | 'skip' | 'resync' | 'drop';

/** Beyond either, a viewer gets no more frames until all that waits has gone. */
const MAX_PACKETS = 8;
const MAX_BYTES = 512 * 1024;
/** A viewer that can't take in what waits for this long is disconnected. */
const MAX_BEHIND_MS = 30_000;
/** At most this much waits for any viewer, whatever else holds. */
const HARD_CAP_BYTES = 16 * 1024 * 1024;

/** Decides per frame what one viewer gets, so that a slow reader costs a bounded amount of memory and nobody's time. */
export class LagGate {
  private behindSinceMs: number | null = null;

  /** @param nowMs monotonic */
  decide(backlog: Backlog, nowMs: number): Decision {
    if (backlog.bytes > HARD_CAP_BYTES) return 'drop';
    if (this.behindSinceMs === null) {
      if (backlog.packets <= MAX_PACKETS && backlog.bytes <= MAX_BYTES) return 'deliver';
      this.behindSinceMs = nowMs;
      return 'skip';
    }
    if (backlog.packets === 0 && backlog.bytes === 0) {
      this.behindSinceMs = null;
      return 'resync';
    }
    return nowMs - this.behindSinceMs > MAX_BEHIND_MS ? 'drop' : 'skip';
  }
}

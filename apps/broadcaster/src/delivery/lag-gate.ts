/** Data that is queued for one viewer. */
export interface Backlog {
  packets: number;
  bytes: number;
}

/** `deliver` the frame; `skip` it; `resync`: send a snapshot instead and deliver from now on; `drop` the viewer. */
export type Decision = 'deliver' | 'skip' | 'resync' | 'drop';

/** Beyond either limit, a viewer gets no more frames until its backlog is empty. */
const MAX_PACKETS = 8;
const MAX_BYTES = 512 * 1024;
/** A viewer that does not drain its backlog within this time is disconnected. */
const MAX_BEHIND_MS = 30_000;
/** Absolute limit of a viewer's backlog. */
const HARD_CAP_BYTES = 16 * 1024 * 1024;

/** Decides per frame what one viewer gets, so that a slow reader costs a bounded amount of memory and delays no one else. */
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

import type { ServiceState, ServiceView } from '#contracts';
import type { ByteReader, ByteWriter } from './bytes.js';

/** Seconds of event time that the displayed figures cover. */
const SPAN_SECONDS = 10;
/** A service whose recent failures reach this share is failing. */
const FAILING_PERCENT = 10;

/** Fields of one second in the ring. The ring is one flat array because every commit scans it. */
const SECOND = 0;
const OK = 1;
const SLOW = 2;
const FAILED = 3;
const MISSING = 4;
const FIELDS = 5;
const SLOTS = SPAN_SECONDS + 1;

/**
 * Current health of one service: counts per second of event time over the last few seconds. It drives the statuses and figures on
 * screens and never affects pay.
 */
export class ServiceHealth {
  /** Slot `second % SLOTS` holds that second's counts; its `SECOND` field is −1 until it is first used. */
  private readonly ring = new Float64Array(SLOTS * FIELDS);

  constructor() {
    for (let at = 0; at < this.ring.length; at += FIELDS) this.ring[at + SECOND] = -1;
  }

  /** Counts results of one second (epoch seconds); a second too old to matter is ignored. `ok` includes `slow`, `failed` includes `missing`. */
  add(second: number, ok: number, slow: number, failed: number, missing: number): void {
    const { ring } = this;
    // Integer modulo: on floats it would cost as much as everything else here.
    const at = ((second >>> 0) % SLOTS) * FIELDS;
    const held = ring[at + SECOND]!;
    if (held > second) return;
    if (held < second) ring.fill(0, at, at + FIELDS);
    ring[at + SECOND] = second;
    ring[at + OK]! += ok;
    ring[at + SLOW]! += slow;
    ring[at + FAILED]! += failed;
    ring[at + MISSING]! += missing;
  }

  /**
   * @param latestSecond the team's latest second of event time
   * @param p95Us of good answers over the same time; null if there were none
   */
  view(id: string, latestSecond: number, p95Us: number | null): ServiceView {
    const { ring } = this;
    let ok = 0;
    let all = 0;
    let seconds = 0;
    for (let at = 0; at < ring.length; at += FIELDS) {
      const second = ring[at + SECOND]!;
      // The current second is incomplete and would make the rate flicker.
      if (second < 0 || second >= latestSecond || second < latestSecond - SPAN_SECONDS) continue;
      ok += ring[at + OK]!;
      all += ring[at + OK]! + ring[at + FAILED]!;
      seconds++;
    }
    return {
      id,
      state: this.state(latestSecond),
      availabilityBp: all === 0 ? null : Math.floor((ok * 10_000) / all),
      p95Ms: p95Us === null ? null : Math.round(p95Us / 1000),
      requestsPerSecond: seconds === 0 ? 0 : Math.round((all * 10) / seconds) / 10,
    };
  }

  /** Uses the two latest seconds with results, so that a change shows within two seconds. */
  private state(latestSecond: number): ServiceState {
    const newest = this.latestFilled(latestSecond, Infinity);
    if (newest < 0) return 'unknown';
    const { ring } = this;
    const before = this.latestFilled(latestSecond, ring[newest + SECOND]!);
    const sum = (field: number): number => ring[newest + field]! + (before < 0 ? 0 : ring[before + field]!);
    const newestOk = ring[newest + OK]!;
    const newestFailed = ring[newest + FAILED]!;
    const ok = sum(OK);
    const failed = sum(FAILED);
    if (sum(MISSING) > 0 && ring[newest + MISSING] === newestFailed && newestOk === 0) return 'missing';
    if (ok === 0 || (newestOk === 0 && newestFailed >= 2)) return 'down';
    if (failed * 100 >= FAILING_PERCENT * (ok + failed)) return 'failing';
    return sum(SLOW) * 2 > ok ? 'slow' : 'up';
  }

  /** Offset in the ring of the latest second before `below` that has results; −1 if the span has none. */
  private latestFilled(latestSecond: number, below: number): number {
    const { ring } = this;
    let found = -1;
    let best = latestSecond - SPAN_SECONDS - 1;
    for (let at = 0; at < ring.length; at += FIELDS) {
      const second = ring[at + SECOND]!;
      if (second <= best || second >= below || ring[at + OK]! + ring[at + FAILED]! === 0) continue;
      best = second;
      found = at;
    }
    return found;
  }

  write(out: ByteWriter): void {
    const { ring } = this;
    let filled = 0;
    for (let at = 0; at < ring.length; at += FIELDS) if (ring[at + SECOND]! >= 0) filled++;
    out.uint(filled);
    for (let at = 0; at < ring.length; at += FIELDS) {
      if (ring[at + SECOND]! < 0) continue;
      for (let field = 0; field < FIELDS; field++) out.uint(ring[at + field]!);
    }
  }

  static read(from: ByteReader): ServiceHealth {
    const out = new ServiceHealth();
    for (let n = from.uint(); n > 0; n--) {
      const second = from.uint();
      const at = ((second >>> 0) % SLOTS) * FIELDS;
      out.ring[at + SECOND] = second;
      for (let field = OK; field < FIELDS; field++) out.ring[at + field] = from.uint();
    }
    return out;
  }
}

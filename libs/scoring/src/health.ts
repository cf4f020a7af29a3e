import type { ServiceState, ServiceView } from '#contracts';
import type { ByteReader, ByteWriter } from './bytes.js';
import { LatencyHistogram } from './histogram.js';

/** How many seconds of event time the shown figures cover. */
const SPAN_SECONDS = 10;
/** A service whose recent failures reach this share is failing. */
const FAILING_PERCENT = 10;

interface Second {
  second: number;
  ok: number;
  slow: number;
  failed: number;
  missing: number;
}

/**
 * How one service is doing now: counts per second of event time over the last seconds. It drives lamps and figures on
 * screens; it never touches pay.
 */
export class ServiceHealth {
  private readonly ring: Second[] = Array.from({ length: SPAN_SECONDS + 1 }, () => emptySecond(-1));

  /** Counts of the second that holds `atMs`, or null where that is too old to matter. */
  at(atMs: number): Second | null {
    const second = Math.floor(atMs / 1000);
    const slot = this.ring[second % this.ring.length]!;
    if (slot.second === second) return slot;
    if (slot.second > second) return null;
    Object.assign(slot, emptySecond(second));
    return slot;
  }

  /** @param latestSecond the team's latest second of event time */
  view(id: string, latestSecond: number, latencies: LatencyHistogram): ServiceView {
    let ok = 0;
    let all = 0;
    let seconds = 0;
    for (const slot of this.ring) {
      // The current second is still filling up: it would make the rate flicker.
      if (slot.second < 0 || slot.second >= latestSecond || slot.second < latestSecond - SPAN_SECONDS)
        continue;
      ok += slot.ok;
      all += slot.ok + slot.failed;
      seconds++;
    }
    const p95Us = latencies.percentile(95);
    return {
      id,
      state: this.state(latestSecond),
      availabilityBp: all === 0 ? null : Math.floor((ok * 10_000) / all),
      p95Ms: p95Us === null ? null : Math.round(p95Us / 1000),
      requestsPerSecond: seconds === 0 ? 0 : Math.round((all * 10) / seconds) / 10,
    };
  }

  /** Judged by the two latest seconds that hold results, so that a change shows within two seconds. */
  private state(latestSecond: number): ServiceState {
    const recent = this.ring
      .filter((slot) => slot.second >= latestSecond - SPAN_SECONDS && slot.ok + slot.failed > 0)
      .sort((a, b) => b.second - a.second)
      .slice(0, 2);
    if (recent.length === 0) return 'unknown';
    const [ok, slow, failed, missing] = (['ok', 'slow', 'failed', 'missing'] as const).map((field) =>
      recent.reduce((sum, slot) => sum + slot[field], 0),
    ) as [number, number, number, number];
    const newest = recent[0]!;
    if (missing > 0 && newest.missing === newest.failed && newest.ok === 0) return 'missing';
    if (ok === 0 || (newest.ok === 0 && newest.failed >= 2)) return 'down';
    if (failed * 100 >= FAILING_PERCENT * (ok + failed)) return 'failing';
    return slow * 2 > ok ? 'slow' : 'up';
  }

  write(out: ByteWriter): void {
    const filled = this.ring.filter((slot) => slot.second >= 0);
    out.uint(filled.length);
    for (const s of filled) out.uint(s.second).uint(s.ok).uint(s.slow).uint(s.failed).uint(s.missing);
  }

  static read(from: ByteReader): ServiceHealth {
    const out = new ServiceHealth();
    for (let n = from.uint(); n > 0; n--) {
      const second = from.uint();
      const slot = out.ring[second % out.ring.length]!;
      Object.assign(slot, {
        second,
        ok: from.uint(),
        slow: from.uint(),
        failed: from.uint(),
        missing: from.uint(),
      });
    }
    return out;
  }
}

function emptySecond(second: number): Second {
  return { second, ok: 0, slow: 0, failed: 0, missing: 0 };
}

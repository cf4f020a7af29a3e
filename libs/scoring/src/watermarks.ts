import type { ByteReader, ByteWriter } from './bytes.js';

interface Prober {
  epoch: number;
  watermarkMs: number;
  lastSeenAt: number;
}

/**
 * The probers' watermarks for one team. Event time advances to the least watermark of the probers that are alive:  * whose lease has run out doesn't hold the others back. It never goes back.
 */
export class Watermarks {
  private readonly probers = new Map<string, Prober>();
  /** All results with an intended time before this have arrived, as far as the watermarks say; 0: no watermark yet. */
  completeUpTo = 0;

  recordWatermark(proberId: string, epoch: number, watermarkMs: number, nowMs: number): void {
    const known = this.probers.get(proberId);
    if (known && known.epoch > epoch) return;
    if (known && known.epoch === epoch) {
      known.watermarkMs = Math.max(known.watermarkMs, watermarkMs);
      known.lastSeenAt = Math.max(known.lastSeenAt, nowMs);
    } else {
      this.probers.set(proberId, { epoch, watermarkMs, lastSeenAt: nowMs });
    }
  }

  /**
   * @param nowMs our own clock. A prober's watermark may lie ahead, or have a clock that does: time does not come sooner for
   * that. 0, where there is no clock (a recomputation): watermarks are taken as they are.
   * @returns true if event time advanced.
   */
  advance(nowMs: number, leaseMs: number): boolean {
    let least = Infinity;
    for (const prober of this.probers.values()) {
      if (nowMs - prober.lastSeenAt > leaseMs) continue;
      least = Math.min(least, prober.watermarkMs);
    }
    if (least === Infinity) return false;
    if (nowMs > 0) least = Math.min(least, nowMs);
    if (least <= this.completeUpTo) return false;
    this.completeUpTo = least;
    return true;
  }

  write(out: ByteWriter): void {
    out.uint(this.completeUpTo).uint(this.probers.size);
    for (const [id, p] of this.probers) out.text(id).uint(p.epoch).uint(p.watermarkMs).uint(p.lastSeenAt);
  }

  static read(from: ByteReader): Watermarks {
    const out = new Watermarks();
    out.completeUpTo = from.uint();
    for (let n = from.uint(); n > 0; n--) {
      out.probers.set(from.text(), {
        epoch: from.uint(),
        watermarkMs: from.uint(),
        lastSeenAt: from.uint(),
      });
    }
    return out;
  }
}

import type { ByteReader, ByteWriter } from './bytes.js';

interface Prober {
  epoch: number;
  watermarkMs: number;
  lastSeenAt: number;
}

/**
 * The probers' watermarks for one team. Event time advances to the lowest watermark of the live probers: a prober whose
 * lease has expired does not hold the others back. Event time never goes back.
 */
export class Watermarks {
  private readonly probers = new Map<string, Prober>();
  /** According to the watermarks, all results with an intended time before this have arrived; 0 before the first watermark. */
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
   * @param nowMs our own clock, which caps event time: a prober's watermark or clock may be ahead of it. 0 if there is no clock
   * (a recomputation): then watermarks are not capped.
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

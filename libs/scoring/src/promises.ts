import type { ByteReader, ByteWriter } from './bytes.js';

interface Prober {
  epoch: number;
  watermarkMs: number;
  lastHeardAt: number;
}

/**
 * The probers' promises for one team. Event time advances to the least promise of the probers that are alive: a prober
 * that was not heard for its lease doesn't hold the others back. It never goes back.
 */
export class Promises {
  private readonly probers = new Map<string, Prober>();
  /** All results with an intended time before this have arrived, as far as promised; 0: nothing promised yet. */
  completeUpTo = 0;

  heard(proberId: string, epoch: number, watermarkMs: number, nowMs: number): void {
    const known = this.probers.get(proberId);
    if (known && known.epoch > epoch) return;
    if (known && known.epoch === epoch) {
      known.watermarkMs = Math.max(known.watermarkMs, watermarkMs);
      known.lastHeardAt = Math.max(known.lastHeardAt, nowMs);
    } else {
      this.probers.set(proberId, { epoch, watermarkMs, lastHeardAt: nowMs });
    }
  }

  /**
   * @param nowMs our own clock. A prober may promise what lies ahead, or have a clock that does: time does not come sooner for
   * that. 0, where there is no clock (a recomputation): promises are taken as they are.
   * @returns true if event time advanced.
   */
  advance(nowMs: number, leaseMs: number): boolean {
    let least = Infinity;
    for (const prober of this.probers.values()) {
      if (nowMs - prober.lastHeardAt > leaseMs) continue;
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
    for (const [id, p] of this.probers) out.text(id).uint(p.epoch).uint(p.watermarkMs).uint(p.lastHeardAt);
  }

  static read(from: ByteReader): Promises {
    const out = new Promises();
    out.completeUpTo = from.uint();
    for (let n = from.uint(); n > 0; n--) {
      out.probers.set(from.text(), {
        epoch: from.uint(),
        watermarkMs: from.uint(),
        lastHeardAt: from.uint(),
      });
    }
    return out;
  }
}

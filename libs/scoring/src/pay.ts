import type { PayRules } from '#contracts';
import { BUCKETS, startOfBucket } from './histogram.js';

/** The part of a scenario that scoring depends on. */
export interface ScoringRules {
  pay: PayRules;
  services: { id: string; weightPercent: number }[];
}

/** Marker in `bandOfBucket`: the bucket spans bands, so call `bandOf`. */
export const MIXED_BAND = 0xff;

/**
 * Pay rules compiled for the hot path. All arithmetic is on integers; percentages are
 * applied last, with floor towards negative infinity (docs/scoring.md).
 */
export class CompiledPay {
  readonly windowMs: number;
  /** Upper bounds of the speed bands in µs, inclusive. */
  readonly bandUpToUs: readonly number[];
  readonly bandCents: readonly number[];
  /** The band of all latencies in a histogram's bucket, or `MIXED_BAND` if a bound lies inside the bucket. */
  readonly bandOfBucket: Uint8Array;
  /** 1 for bands in which an answer counts as slow. */
  readonly slowBands: Uint8Array;

  constructor(
    readonly rules: PayRules,
    readonly services: ScoringRules['services'],
  ) {
    this.windowMs = rules.windowMs;
    this.bandUpToUs = rules.speedBands.map((band) => band.upToMs * 1000);
    this.bandCents = rules.speedBands.map((band) => band.cents);
    this.bandOfBucket = Uint8Array.from({ length: BUCKETS }, (_, bucket) => {
      const band = this.bandOf(startOfBucket(bucket));
      return band === this.bandOf(startOfBucket(bucket + 1) - 1) && band < MIXED_BAND ? band : MIXED_BAND;
    });
    this.slowBands = Uint8Array.from({ length: this.bandCents.length + 1 }, (_, band) =>
      this.isSlow(band) ? 1 : 0,
    );
  }

  /** The band of a good answer; `bandUpToUs.length` means beyond all bands. */
  bandOf(latencyUs: number): number {
    let band = 0;
    while (band < this.bandUpToUs.length && latencyUs > this.bandUpToUs[band]!) band++;
    return band;
  }

  /** True if an answer in this band earns a third of the best pay or less. */
  private isSlow(band: number): boolean {
    const best = this.bandCents[0] ?? 0;
    return best > 0 && (this.bandCents[band] ?? 0) * 3 <= best;
  }

  /** Pay for good answers to a team's own customers, by band. */
  servedCents(service: number, bands: readonly number[], foreign: boolean): number {
    let cents = 0;
    for (let i = 0; i < this.bandCents.length; i++) cents += bands[i]! * this.bandCents[i]!;
    const marketPercent = foreign ? this.rules.market.foreignPercent : this.rules.market.ownPercent;
    const percents = this.weight(service) * marketPercent;
    const product = cents * percents;
    if (Number.isSafeInteger(product)) return Math.floor(product / 10_000);
    // The product of three large factors can exceed a safe integer. It is never negative, so BigInt division rounds down.
    return Number((BigInt(cents) * BigInt(percents)) / 10_000n);
  }

  failedCents(service: number, failed: number): number {
    return Math.floor((failed * this.rules.failureCents * this.weight(service)) / 100);
  }

  /** What a provider earns for good answers to other teams' customers. */
  usageFeeCents(service: number, ok: number): number {
    return Math.floor((ok * this.rules.market.providerFeeCents * this.weight(service)) / 100);
  }

  /** The downtime pay of one window and service, or null if it does not apply. */
  downtimeCents(service: number, ok: number, failed: number): number | null {
    const { belowAvailabilityPercent, minProbes, cents } = this.rules.downtime;
    const probes = ok + failed;
    if (probes < minProbes || probes === 0) return null;
    if (ok * 100 >= belowAvailabilityPercent * probes) return null;
    return Math.floor((cents * this.weight(service)) / 100);
  }

  private weight(service: number): number {
    return this.services[service]!.weightPercent;
  }
}

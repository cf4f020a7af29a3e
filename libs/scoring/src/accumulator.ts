import { OUTCOMES, type FailureSample, type Role } from '#contracts';
import { ByteWriter, type ByteReader } from './bytes.js';
import { LatencyHistogram } from './histogram.js';

/** Number of samples that a ledger entry keeps. */
export const MAX_SAMPLES = 3;

/** A failure sample with its sort key, so that the same three are kept whatever the order of arrival. */
export interface RankedSample {
  proberId: string;
  sample: FailureSample;
}

/**
 * The counts behind the ledger entries of one (window, service, role, counterparty). Everything here is a sum or a
 * minimum, so it does not depend on the order of arrival.
 */
export class Accumulator {
  /** Good answers by speed band; the last element counts those beyond all bands. */
  readonly bands: number[];
  readonly latencies = new LatencyHistogram();
  failed = 0;
  /** Results that failed because of the prober itself. */
  unscored = 0;
  samples: readonly RankedSample[] = [];
  /** Cached encoding of `samples`; null if stale. Text makes up most of a window's bytes and rarely changes. */
  private encodedSamples: Uint8Array | null = null;
  /** What its ledger rows currently hold; null if the row does not exist. */
  emittedServed: number | null = null;
  emittedFailed: number | null = null;
  /** The count in the `unscored` ledger row; 0 if there is none. */
  emittedUnscored = 0;
  /** Encoding of `latencies`, set only between settling and encoding. */
  encodedLatencies: Uint8Array | null = null;
  /** Whether the row of good answers, or of failures, has changed since it was last emitted. */
  okDirty = false;
  failedDirty = false;
  unscoredDirty = false;

  constructor(
    readonly role: Role,
    readonly counterpartyId: string,
    bandCount: number,
  ) {
    this.bands = new Array<number>(bandCount + 1).fill(0);
  }

  get ok(): number {
    let sum = 0;
    for (const count of this.bands) sum += count;
    return sum;
  }

  addSample(added: RankedSample): void {
    const last = this.samples[MAX_SAMPLES - 1];
    if (last !== undefined && compareSamples(added, last) >= 0) return;
    this.samples = [...this.samples, added].sort(compareSamples).slice(0, MAX_SAMPLES);
    this.encodedSamples = null;
    this.failedDirty = true;
  }

  /** @param latencies encoding of `latencies`, if already available */
  write(out: ByteWriter, latencies: Uint8Array | null): void {
    out.uint(this.role === 'consumer' ? 0 : 1).text(this.counterpartyId);
    for (const count of this.bands) out.uint(count);
    out.uint(this.failed).uint(this.unscored);
    if (latencies === null) this.latencies.write(out);
    else out.raw(latencies);
    writeOptional(out, this.emittedServed);
    writeOptional(out, this.emittedFailed);
    out.uint(this.emittedUnscored);
    out.raw((this.encodedSamples ??= encodeSamples(this.samples)));
  }

  static read(from: ByteReader, bandCount: number): Accumulator {
    const role: Role = from.uint() === 0 ? 'consumer' : 'provider';
    const counterpartyId = from.text();
    const bands = Array.from({ length: bandCount + 1 }, () => from.uint());
    const out = new Accumulator(role, counterpartyId, bandCount);
    for (let i = 0; i <= bandCount; i++) out.bands[i] = bands[i]!;
    out.failed = from.uint();
    out.unscored = from.uint();
    out.latencies.merge(LatencyHistogram.read(from));
    out.emittedServed = readOptional(from);
    out.emittedFailed = readOptional(from);
    out.emittedUnscored = from.uint();
    const samples: RankedSample[] = [];
    for (let n = from.uint(); n > 0; n--) samples.push(readSample(from));
    out.samples = samples;
    return out;
  }
}

const NO_SAMPLES = new ByteWriter(1).uint(0).finish();

function encodeSamples(samples: readonly RankedSample[]): Uint8Array {
  if (samples.length === 0) return NO_SAMPLES;
  const out = new ByteWriter(512).uint(samples.length);
  for (const { proberId, sample: s } of samples) {
    out
      .uint(s.intendedAt)
      .uint(OUTCOMES.indexOf(s.outcome as never))
      .uint(s.latencyMs);
    out.text(proberId).text(s.checkId).text(s.request).text(s.expected).text(s.got);
  }
  return out.finish();
}

function readSample(from: ByteReader): RankedSample {
  const intendedAt = from.uint();
  const outcome = OUTCOMES[from.uint()] ?? 'prober_error';
  const latencyMs = from.uint();
  const proberId = from.text();
  const checkId = from.text();
  const request = from.text();
  const expected = from.text();
  const got = from.text();
  return { proberId, sample: { intendedAt, outcome, checkId, request, expected, got, latencyMs } };
}

export function writeOptional(out: ByteWriter, value: number | null): void {
  out.uint(value === null ? 0 : 1);
  if (value !== null) out.int(value);
}

export function readOptional(from: ByteReader): number | null {
  return from.uint() === 0 ? null : from.int();
}

/** Earliest first; then by text, so that the order is total. */
export function compareSamples(one: RankedSample, other: RankedSample): number {
  const a = one.sample;
  const b = other.sample;
  return (
    a.intendedAt - b.intendedAt ||
    compareText(one.proberId, other.proberId) ||
    compareText(a.outcome, b.outcome) ||
    compareText(a.checkId, b.checkId) ||
    compareText(a.request, b.request) ||
    compareText(a.expected, b.expected) ||
    compareText(a.got, b.got) ||
    a.latencyMs - b.latencyMs
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

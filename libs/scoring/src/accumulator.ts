import { OUTCOMES, type FailureSample, type Role } from '#contracts';
import type { ByteReader, ByteWriter } from './bytes.js';
import { LatencyHistogram } from './histogram.js';

/** How many samples an entry of the ledger keeps. */
export const MAX_SAMPLES = 3;

/** A failure sample with what orders it, so that any order of arrival keeps the same three. */
export interface RankedSample extends FailureSample {
  proberId: string;
}

/**
 * The counts behind the ledger entries of one (window, service, role, counterparty). Everything here is a sum or a
 * minimum, so it doesn't depend on the order of arrival.
 */
export class Accumulator {
  /** Good answers by speed band; the last place counts those beyond all bands. */
  readonly bands: number[];
  readonly latencies = new LatencyHistogram();
  failed = 0;
  samples: RankedSample[] = [];
  /** What its rows in the ledger hold now; null: the row doesn't exist. */
  emittedServed: number | null = null;
  emittedFailed: number | null = null;
  dirty = false;

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

  addSample(sample: RankedSample): void {
    this.samples.push(sample);
    this.samples.sort(compareSamples);
    if (this.samples.length > MAX_SAMPLES) this.samples.length = MAX_SAMPLES;
  }

  write(out: ByteWriter): void {
    out.uint(this.role === 'consumer' ? 0 : 1).text(this.counterpartyId);
    for (const count of this.bands) out.uint(count);
    out.uint(this.failed);
    this.latencies.write(out);
    writeOptional(out, this.emittedServed);
    writeOptional(out, this.emittedFailed);
    out.uint(this.samples.length);
    for (const s of this.samples) {
      out
        .uint(s.intendedAt)
        .uint(OUTCOMES.indexOf(s.outcome as never))
        .uint(s.latencyMs);
      out.text(s.proberId).text(s.checkId).text(s.request).text(s.expected).text(s.got);
    }
  }

  static read(from: ByteReader, bandCount: number): Accumulator {
    const role: Role = from.uint() === 0 ? 'consumer' : 'provider';
    const counterpartyId = from.text();
    const bands = Array.from({ length: bandCount + 1 }, () => from.uint());
    const out = new Accumulator(role, counterpartyId, bandCount);
    for (let i = 0; i <= bandCount; i++) out.bands[i] = bands[i]!;
    out.failed = from.uint();
    out.latencies.merge(LatencyHistogram.read(from));
    out.emittedServed = readOptional(from);
    out.emittedFailed = readOptional(from);
    for (let n = from.uint(); n > 0; n--) {
      const intendedAt = from.uint();
      const outcome = OUTCOMES[from.uint()] ?? 'prober_error';
      const latencyMs = from.uint();
      const [proberId, checkId, request, expected, got] = [0, 1, 2, 3, 4].map(() => from.text()) as [
        string,
        string,
        string,
        string,
        string,
      ];
      out.samples.push({ intendedAt, outcome, latencyMs, proberId, checkId, request, expected, got });
    }
    return out;
  }
}

export function writeOptional(out: ByteWriter, value: number | null): void {
  out.uint(value === null ? 0 : 1);
  if (value !== null) out.int(value);
}

export function readOptional(from: ByteReader): number | null {
  return from.uint() === 0 ? null : from.int();
}

/** Earliest first; then by text, so that the order is total. */
export function compareSamples(a: RankedSample, b: RankedSample): number {
  return (
    a.intendedAt - b.intendedAt ||
    compareText(a.proberId, b.proberId) ||
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

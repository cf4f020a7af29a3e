import type { ProbeBatch, ProbeSample } from '#contracts';

/** The columns of one batch; times are relative to the earliest of them. */
export type ResultColumns = Pick<
  ProbeBatch,
  'baseIntendedAtMs' | 'offsetMs' | 'latencyUs' | 'outcome' | 'samples'
>;

/** Enough for a service with two requests a second. */
const INITIAL_CAPACITY = 8;
/** Larger columns are not kept once they are empty. */
const MAX_IDLE_CAPACITY = 1_024;

/**
 * The results of one team and service that the reporter has not taken yet. The columns are reused: fresh arrays for each result would outlive a collection of
 * garbage in one case out of ten, and what they refer to would outlive it with them.
 */
export class ServiceResults {
  private intendedAt = new Float64Array(INITIAL_CAPACITY);
  private latencyUs = new Uint32Array(INITIAL_CAPACITY);
  private outcome = new Uint8Array(INITIAL_CAPACITY);
  private samples: ProbeSample[] = [];
  private length = 0;
  private lastPieceSamples = 0;

  /** @param pieceLength results of one piece, at most */
  constructor(private readonly pieceLength: number) {}

  /** How many results of the last piece are explained. */
  get samplesInPiece(): number {
    return this.lastPieceSamples;
  }

  /** @param intendedAt epoch ms @param outcome index into `OUTCOMES` */
  add(intendedAt: number, latencyUs: number, outcome: number): void {
    if (this.length === this.outcome.length) this.resize(this.length * 2);
    if (this.length % this.pieceLength === 0) this.lastPieceSamples = 0;
    this.intendedAt[this.length] = intendedAt;
    this.latencyUs[this.length] = latencyUs;
    this.outcome[this.length] = outcome;
    this.length++;
  }

  /** Explains the result that was added last. */
  explain(sample: Omit<ProbeSample, 'index'>): void {
    this.samples.push({ index: this.length - 1, ...sample });
    this.lastPieceSamples++;
  }

  /** Takes everything, in order. */
  takePieces(): ResultColumns[] {
    const pieces: ResultColumns[] = [];
    for (let from = 0; from < this.length; from += this.pieceLength)
      pieces.push(this.columns(from, Math.min(this.length, from + this.pieceLength)));
    this.length = 0;
    if (this.samples.length > 0) this.samples = [];
    if (this.outcome.length > MAX_IDLE_CAPACITY) this.resize(INITIAL_CAPACITY);
    return pieces;
  }

  private columns(from: number, to: number): ResultColumns {
    const { intendedAt, samples } = this;
    let first = intendedAt[from]!;
    for (let i = from + 1; i < to; i++) if (intendedAt[i]! < first) first = intendedAt[i]!;
    const length = to - from;
    const offsetMs = new Uint32Array(length);
    const latencyUs = new Uint32Array(length);
    const outcome = new Uint32Array(length);
    // Most batches hold one result, for which a loop is far faster than `slice`.
    for (let i = 0; i < length; i++) {
      offsetMs[i] = intendedAt[from + i]! - first;
      latencyUs[i] = this.latencyUs[from + i]!;
      outcome[i] = this.outcome[from + i]!;
    }
    return {
      baseIntendedAtMs: first,
      offsetMs,
      latencyUs,
      outcome,
      samples:
        samples.length === 0
          ? []
          : samples
              .filter(({ index }) => index >= from && index < to)
              .map((sample) => ({ ...sample, index: sample.index - from })),
    };
  }

  private resize(capacity: number): void {
    const { intendedAt, latencyUs, outcome, length } = this;
    this.intendedAt = new Float64Array(capacity);
    this.latencyUs = new Uint32Array(capacity);
    this.outcome = new Uint8Array(capacity);
    this.intendedAt.set(intendedAt.subarray(0, length));
    this.latencyUs.set(latencyUs.subarray(0, length));
    this.outcome.set(outcome.subarray(0, length));
  }
}

/** What a batch holds that only carries a watermark. */
export const NO_RESULTS: ResultColumns = {
  baseIntendedAtMs: 0,
  offsetMs: new Uint32Array(),
  latencyUs: new Uint32Array(),
  outcome: new Uint32Array(),
  samples: [],
};

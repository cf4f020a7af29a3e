import { PROBE_BATCH_LIMITS, type ProbeBatch, type ProbeSample } from '#contracts';

export interface ProbeResult {
  intendedAt: number;
  latencyUs: number;
  /** Index into `OUTCOMES`. */
  outcome: number;
  /** Explains a failure; asked only if this one is to be explained. */
  sample: (() => Omit<ProbeSample, 'index'>) | null;
}

/** So many results make one batch, and so many failures of one service and window are explained. */
export const MAX_RESULTS_PER_BATCH = 16_384;
const SAMPLES_PER_WINDOW = 3;

/** The results of one team and service that have not been handed to the reporter yet, and which of them to explain. */
class ServiceResults {
  readonly intendedAt: number[] = [];
  readonly latencyUs: number[] = [];
  readonly outcome: number[] = [];
  readonly samples: ProbeSample[] = [];
}

/** Lets the first failures of every window through. */
class SampleQuota {
  private window = -1;
  private taken = 0;

  constructor(private readonly windowMs: number) {}

  takeSlot(intendedAt: number): boolean {
    const window = Math.floor(intendedAt / this.windowMs);
    if (window > this.window) {
      this.window = window;
      this.taken = 0;
    }
    if (this.taken >= SAMPLES_PER_WINDOW) return false;
    this.taken++;
    return true;
  }
}

/**
 * Results of one team on their way into batches. `(prober, epoch, seq)` identifies each batch; the watermark rides on
 * the last one, so that whoever has seen it has seen everything that it speaks of.
 */
export class TeamResults {
  /** Per service: pieces of at most one batch each, in order. */
  private readonly pieces: ServiceResults[][];
  private readonly quotas: SampleQuota[];
  private seq = 0;
  private lastWatermark = 0;
  private waitingCount = 0;

  constructor(
    private readonly identity: {
      gameId: string;
      teamId: string;
      serviceIds: readonly string[];
      proberId: string;
      epoch: number;
    },
    windowMs: number,
  ) {
    this.pieces = identity.serviceIds.map(() => []);
    this.quotas = identity.serviceIds.map(() => new SampleQuota(windowMs));
  }

  /** Results that wait. */
  get count(): number {
    return this.waitingCount;
  }

  /** The latest watermark that was put into a batch, epoch ms; 0 at first. */
  get watermark(): number {
    return this.lastWatermark;
  }

  add(serviceIndex: number, { intendedAt, latencyUs, outcome, sample }: ProbeResult): void {
    const pieces = this.pieces[serviceIndex]!;
    let piece = pieces.at(-1);
    if (piece === undefined || piece.outcome.length === MAX_RESULTS_PER_BATCH) {
      piece = new ServiceResults();
      pieces.push(piece);
    }
    const explain = sample !== null && piece.samples.length < PROBE_BATCH_LIMITS.maxSamplesPerBatch;
    if (explain && this.quotas[serviceIndex]!.takeSlot(intendedAt))
      piece.samples.push({ index: piece.outcome.length, ...sample() });
    piece.intendedAt.push(intendedAt);
    piece.latencyUs.push(latencyUs);
    piece.outcome.push(outcome);
    this.waitingCount++;
  }

  /**
   * Takes everything that waits, as batches in order. A watermark that says more than the last one goes with the last
   * batch; where there are no results, in a batch of its own.
   */
  drain(watermark: number): ProbeBatch[] {
    const taken: { serviceIndex: number; piece: ServiceResults }[] = [];
    for (let serviceIndex = 0; serviceIndex < this.pieces.length; serviceIndex++) {
      const pieces = this.pieces[serviceIndex]!;
      if (pieces.length === 0) continue;
      for (const piece of pieces) taken.push({ serviceIndex, piece });
      this.pieces[serviceIndex] = [];
    }
    this.waitingCount = 0;
    if (taken.length === 0 && watermark > this.lastWatermark)
      taken.push({ serviceIndex: 0, piece: new ServiceResults() });
    return taken.map(({ serviceIndex, piece }, index) => {
      if (index === taken.length - 1) this.lastWatermark = Math.max(this.lastWatermark, watermark);
      return this.batch(serviceIndex, piece);
    });
  }

  private batch(serviceIndex: number, piece: ServiceResults): ProbeBatch {
    const { gameId, teamId, serviceIds, proberId, epoch } = this.identity;
    const { length } = piece.intendedAt;
    let first = piece.intendedAt[0] ?? 0;
    for (let i = 1; i < length; i++) if (piece.intendedAt[i]! < first) first = piece.intendedAt[i]!;
    const offsetMs = new Uint32Array(length);
    for (let i = 0; i < length; i++) offsetMs[i] = piece.intendedAt[i]! - first;
    return {
      gameId,
      teamId,
      role: 'consumer',
      serviceId: serviceIds[serviceIndex]!,
      counterpartyId: teamId,
      proberId,
      epoch,
      seq: this.seq++,
      baseIntendedAtMs: first,
      offsetMs,
      latencyUs: new Uint32Array(piece.latencyUs),
      outcome: new Uint32Array(piece.outcome),
      samples: piece.samples,
      watermarkMs: this.lastWatermark,
    };
  }
}

import { PROBE_BATCH_LIMITS, type ProbeBatch, type ProbeSample } from '#contracts';
import { NO_RESULTS, ServiceResults, type ResultColumns } from './service-results.js';

export interface ProbeResult {
  intendedAt: number;
  latencyUs: number;
  /** Index into `OUTCOMES`. */
  outcome: number;
  /** Explains a failure; called only if this one gets a sample. */
  sample: (() => Omit<ProbeSample, 'index'>) | null;
}

/** Maximum number of results per batch, and of explained failures per service and window. */
export const MAX_RESULTS_PER_BATCH = 16_384;
const SAMPLES_PER_WINDOW = 3;

/** Selects the first failures of every window. */
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
 * Collects the results of one team into batches. `(prober, epoch, seq)` identifies each batch; the watermark goes with
 * the last one, so that a reader of the watermark has already read everything that it covers.
 */
export class TeamResults {
  private readonly services: ServiceResults[];
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
    this.services = identity.serviceIds.map(() => new ServiceResults(MAX_RESULTS_PER_BATCH));
    this.quotas = identity.serviceIds.map(() => new SampleQuota(windowMs));
  }

  /** Number of waiting results. */
  get count(): number {
    return this.waitingCount;
  }

  /** The latest watermark in a batch, epoch ms; initially 0. */
  get watermark(): number {
    return this.lastWatermark;
  }

  add(serviceIndex: number, { intendedAt, latencyUs, outcome, sample }: ProbeResult): void {
    const results = this.services[serviceIndex]!;
    results.add(intendedAt, latencyUs, outcome);
    const explain = sample !== null && results.samplesInPiece < PROBE_BATCH_LIMITS.maxSamplesPerBatch;
    if (explain && this.quotas[serviceIndex]!.takeSlot(intendedAt)) results.explain(sample());
    this.waitingCount++;
  }

  /**
   * Takes everything that waits, as batches in order. A watermark that is higher than the last one goes with the last
   * batch, or in an empty batch if there are no results.
   */
  drain(watermark: number): ProbeBatch[] {
    const taken: { serviceIndex: number; columns: ResultColumns }[] = [];
    if (this.waitingCount > 0)
      this.services.forEach((results, serviceIndex) => {
        for (const columns of results.takePieces()) taken.push({ serviceIndex, columns });
      });
    this.waitingCount = 0;
    if (taken.length === 0 && watermark > this.lastWatermark)
      taken.push({ serviceIndex: 0, columns: NO_RESULTS });
    return taken.map(({ serviceIndex, columns }, index) => {
      if (index === taken.length - 1) this.lastWatermark = Math.max(this.lastWatermark, watermark);
      return this.batch(serviceIndex, columns);
    });
  }

  private batch(serviceIndex: number, columns: ResultColumns): ProbeBatch {
    const { gameId, teamId, serviceIds, proberId, epoch } = this.identity;
    const { baseIntendedAtMs, offsetMs, latencyUs, outcome, samples } = columns;
    return {
      gameId,
      teamId,
      role: 'consumer',
      serviceId: serviceIds[serviceIndex]!,
      counterpartyId: teamId,
      proberId,
      epoch,
      seq: this.seq++,
      baseIntendedAtMs,
      offsetMs,
      latencyUs,
      outcome,
      samples,
      watermarkMs: this.lastWatermark,
    };
  }
}

import { OUTCOME, type Outcome, type ProbeBatch, type ProbeSample } from '#contracts';

export interface ProbeResult {
  intendedAt: number;
  latencyUs: number;
  outcome: Outcome;
  sample?: Omit<ProbeSample, 'index'>;
}

/** So many results make one batch, and so many failures of one service and window are explained. */
export const MAX_RESULTS_PER_BATCH = 16_384;
const SAMPLES_PER_WINDOW = 3;

/** The results of one team and service that have not been handed to the reporter yet, and which of them to explain. */
class ServiceResults {
  rows: ProbeResult[] = [];
  #window = -1;
  #samples = 0;

  constructor(private readonly windowMs: number) {}

  /** Whether one more failure at this time should come with a sample; counts it if so. */
  wantsSample(intendedAt: number): boolean {
    const window = Math.floor(intendedAt / this.windowMs);
    if (window > this.#window) {
      this.#window = window;
      this.#samples = 0;
    }
    return this.#samples < SAMPLES_PER_WINDOW && ++this.#samples > 0;
  }
}

/**
 * Results of one team on their way into batches. `(prober, epoch, seq)` identifies each batch; the promise rides on
 * the last one, so that whoever has seen it has seen everything that it speaks of.
 */
export class TeamResults {
  readonly #services: ServiceResults[];
  #seq = 0;
  #promised = 0;
  #count = 0;

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
    this.#services = identity.serviceIds.map(() => new ServiceResults(windowMs));
  }

  /** Results that wait. */
  get count(): number {
    return this.#count;
  }

  /** The latest promise that was put into a batch, epoch ms; 0 at first. */
  get promised(): number {
    return this.#promised;
  }

  add(serviceIndex: number, result: ProbeResult): void {
    const service = this.#services[serviceIndex]!;
    const { sample, ...row } = result;
    const explained = sample !== undefined && service.wantsSample(result.intendedAt);
    service.rows.push(explained ? result : row);
    this.#count++;
  }

  /**
   * Takes everything that waits, as batches in order. A promise that says more than the last one goes with the last
   * batch; where there are no results, in a batch of its own.
   */
  drain(promise: number): ProbeBatch[] {
    const chunks = this.#services.flatMap((service, serviceIndex) => {
      const rows = service.rows;
      service.rows = [];
      const out: { serviceIndex: number; rows: ProbeResult[] }[] = [];
      for (let i = 0; i < rows.length; i += MAX_RESULTS_PER_BATCH)
        out.push({ serviceIndex, rows: rows.slice(i, i + MAX_RESULTS_PER_BATCH) });
      return out;
    });
    this.#count = 0;
    const next = Math.max(this.#promised, promise);
    if (chunks.length === 0 && next > this.#promised) chunks.push({ serviceIndex: 0, rows: [] });
    const batches = chunks.map((chunk, index) => {
      if (index === chunks.length - 1) this.#promised = next;
      return this.#batch(chunk.serviceIndex, chunk.rows);
    });
    return batches;
  }

  #batch(serviceIndex: number, rows: readonly ProbeResult[]): ProbeBatch {
    const { gameId, teamId, serviceIds, proberId, epoch } = this.identity;
    const base = rows.reduce((least, row) => Math.min(least, row.intendedAt), rows[0]?.intendedAt ?? 0);
    return {
      gameId,
      teamId,
      role: 'consumer',
      serviceId: serviceIds[serviceIndex]!,
      counterpartyId: teamId,
      proberId,
      epoch,
      seq: this.#seq++,
      baseIntendedAtMs: base,
      offsetMs: Uint32Array.from(rows, (row) => row.intendedAt - base),
      latencyUs: Uint32Array.from(rows, (row) => row.latencyUs),
      outcome: Uint32Array.from(rows, (row) => OUTCOME[row.outcome]),
      samples: rows.flatMap((row, index) => (row.sample ? [{ index, ...row.sample }] : [])),
      watermarkMs: this.#promised,
    };
  }
}

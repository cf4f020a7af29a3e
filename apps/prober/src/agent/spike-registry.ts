import { PaydayError } from '#kernel';

/** The only kind of fault that customers themselves can be. */
export const SPIKE_KIND = 'traffic-spike';
export const SPIKE_LIMITS = {
  minPercent: 1,
  maxPercent: 1_000,
  maxTtlMs: 24 * 60 * 60_000,
  maxSpikes: 1_000,
};

export interface SpikeOrder {
  teamId: string;
  serviceId: string;
  /** How many more requests than usual, in per cent of the usual. */
  percent: number;
  /** After this time it ends by itself, ms. */
  ttlMs: number;
}

/** Whoever sends the requests. */
export interface SpikeSink {
  /** @throws PaydayError for a team or service that there is not. */
  beginSpike(id: string, teamId: string, serviceId: string, percent: number): void;
  endSpike(id: string): void;
}

interface Entry {
  order: SpikeOrder;
  endsAtMs: number;
}

/** The load spikes of one prober, each with its time to live. A prober that is started anew has none. */
export class SpikeRegistry {
  private readonly entries = new Map<string, Entry>();

  /** @param nowMs monotonic time. */
  constructor(
    private readonly sink: SpikeSink,
    private readonly nowMs: () => number,
  ) {}

  /**
   * Begins a spike. Repeating it changes nothing but its time to live, which counts anew.
   * @throws PaydayError `invalid_params`, `invalid_ttl`, `fault_conflict`, `too_many_faults`, and as `SpikeSink.beginSpike`.
   */
  putSpike(id: string, order: SpikeOrder): void {
    this.expire();
    const { teamId, serviceId, percent, ttlMs } = order;
    const { minPercent, maxPercent, maxTtlMs, maxSpikes } = SPIKE_LIMITS;
    if (!isWhole(percent, minPercent, maxPercent))
      throw new PaydayError(
        'invalid_params',
        `percent must be a whole number from ${minPercent} to ${maxPercent}`,
      );
    if (!isWhole(ttlMs, 1, maxTtlMs))
      throw new PaydayError('invalid_ttl', `ttlMs must be a whole number from 1 to ${maxTtlMs}`);
    const known = this.entries.get(id)?.order;
    if (known !== undefined && !isSame(known, order))
      throw new PaydayError('fault_conflict', `"${id}" is another spike already; take a new id`);
    if (known === undefined) {
      if (this.entries.size >= maxSpikes)
        throw new PaydayError('too_many_faults', `${maxSpikes} spikes are active; end some first`);
      this.sink.beginSpike(id, teamId, serviceId, percent);
    }
    this.entries.set(id, { order, endsAtMs: this.nowMs() + ttlMs });
  }

  state(id: string): 'active' | 'gone' {
    this.expire();
    return this.entries.has(id) ? 'active' : 'gone';
  }

  /** Ends a spike at once. Unknown ids are fine. */
  end(id: string): void {
    if (this.entries.delete(id)) this.sink.endSpike(id);
  }

  /** Ends what has lived long enough. To be called often. */
  expire(): void {
    const nowMs = this.nowMs();
    for (const [id, { endsAtMs }] of this.entries) if (endsAtMs <= nowMs) this.end(id);
  }
}

function isSame(a: SpikeOrder, b: SpikeOrder): boolean {
  return a.teamId === b.teamId && a.serviceId === b.serviceId && a.percent === b.percent;
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

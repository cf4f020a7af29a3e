import { PaydayError } from '#kernel';

/** The only kind of fault that the prober itself causes. */
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
  /** Additional requests, in percent of the usual load. */
  percent: number;
  /** Time to live, ms: the spike ends by itself after it. */
  ttlMs: number;
}

/** Sends the additional requests. */
export interface SpikeSink {
  /** @throws PaydayError for an unknown team or service. */
  beginSpike(id: string, teamId: string, serviceId: string, percent: number): void;
  endSpike(id: string): void;
}

interface Entry {
  order: SpikeOrder;
  endsAtMs: number;
}

/** The load spikes of one prober, each with a time to live. A restarted prober has none. */
export class SpikeRegistry {
  private readonly entries = new Map<string, Entry>();

  /** @param nowMs monotonic time */
  constructor(
    private readonly sink: SpikeSink,
    private readonly nowMs: () => number,
  ) {}

  /**
   * Begins a spike. Repeating the call only restarts its time to live.
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

  /** Ends a spike immediately. Ignores unknown ids. */
  end(id: string): void {
    if (this.entries.delete(id)) this.sink.endSpike(id);
  }

  /** Ends the spikes whose time to live is over. Call it often. */
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

import type { ServiceState } from '#contracts';

/** States that are announced, from bad to worse. */
const SEVERITIES = ['slow', 'failing', 'down'] as const;
export type TroubleState = (typeof SEVERITIES)[number];

/** How long, in ms of event time, a state must last before it is announced. Slowness is often transient, so it waits longer. */
const HOLD_MS: Record<TroubleState, number> = { slow: 5_000, failing: 2_000, down: 2_000 };
/** How long, in ms of event time, a service must be up before its trouble counts as over. */
const RECOVERED_AFTER_MS = 3_000;

export type ServiceNews = { kind: 'trouble'; state: TroubleState } | { kind: 'recovered'; afterMs: number };

/**
 * Debounces one team's service: announces trouble once, again only if it gets worse, and its end once the service is stable.
 * A service that was never up is not announced: it has not opened yet, or this broadcaster started too late to know when the
 * trouble began.
 */
export class ServiceWatch {
  private seenUp = false;
  /** Per severity, since when the state has been at least that bad. */
  private readonly since: (number | null)[] = SEVERITIES.map(() => null);
  private upSince: number | null = null;
  private troubleSince: number | null = null;
  /** Index of the worst severity announced, −1 for none. */
  private told = -1;

  /** @param at event time of the observation, epoch ms, non-decreasing */
  observe(state: ServiceState, at: number): ServiceNews | null {
    const severity = SEVERITIES.indexOf(state as TroubleState);
    SEVERITIES.forEach((_, level) => {
      this.since[level] = severity >= level ? (this.since[level] ?? at) : null;
    });
    this.upSince = state === 'up' ? (this.upSince ?? at) : null;
    this.seenUp ||= state === 'up';
    if (severity >= 0 && this.seenUp) {
      this.troubleSince ??= at;
      return this.trouble(at);
    }
    return this.upSince === null ? null : this.recovery(at, this.upSince);
  }

  private trouble(at: number): ServiceNews | null {
    for (let level = SEVERITIES.length - 1; level > this.told; level--) {
      const state = SEVERITIES[level]!;
      const since = this.since[level] ?? null;
      if (since === null || at - since < HOLD_MS[state]) continue;
      this.told = level;
      return { kind: 'trouble', state };
    }
    return null;
  }

  private recovery(at: number, upSince: number): ServiceNews | null {
    if (this.troubleSince === null || at - upSince < RECOVERED_AFTER_MS) return null;
    const afterMs = upSince - this.troubleSince;
    const wasTold = this.told >= 0;
    this.told = -1;
    this.troubleSince = null;
    return wasTold ? { kind: 'recovered', afterMs } : null;
  }
}

import type { ChaosLimits, FaultInfo } from '#contracts';

/** A limit of the scenario's `chaos` section that an injection would violate. */
export interface LimitViolation {
  readonly limit: 'maxDurationMs' | 'cooldownMs' | 'maxActive';
  /** The value that the injection would reach, and the limit, in the limit's unit. */
  readonly now: number;
  readonly allowed: number;
  /** Estimated time at which it becomes possible, epoch ms; null: never, unless the request changes. */
  readonly possibleAt: number | null;
  /** Affected teams; empty: all. */
  readonly teamIds: readonly string[];
  readonly message: string;
}

/** The state of one game that limits depend on. */
export interface ChaosNow {
  /** Faults that are not verified gone, including armed ones and those that are being stored. */
  readonly unfinished: readonly FaultInfo[];
  /** When the latest fault on a service of a team was verified gone, epoch ms; null: there was none. */
  lastGoneAt(teamId: string, serviceId: string): number | null;
  readonly nowMs: number;
}

/**
 * Returns the end of the cooldown of a team's service, epoch ms; null: it may be struck now. While a fault acts on it, this is
 * an estimate: the end of its time to live plus the cooldown. Without a cooldown, faults may even overlap.
 */
export function coolingUntil(
  limits: ChaosLimits,
  now: ChaosNow,
  teamId: string,
  serviceId: string,
): number | null {
  const { cooldownMs } = limits;
  if (cooldownMs === 0) return null;
  const onIt = now.unfinished.filter((info) => info.teamId === teamId && info.serviceId === serviceId);
  const goneAt = now.lastGoneAt(teamId, serviceId);
  // A fault that is stuck beyond its time to live is expected to end any moment.
  const ends = onIt.map(({ expiresAt }) => Math.max(expiresAt, now.nowMs) + cooldownMs);
  const until = Math.max(...ends, goneAt === null ? 0 : goneAt + cooldownMs);
  return until > now.nowMs ? until : null;
}

/** Returns how many more faults may start now; ≥ 0. */
export function freeSlots(limits: ChaosLimits, now: ChaosNow): number {
  return Math.max(0, limits.maxActive - now.unfinished.length);
}

/** Returns when this many slots should be free, epoch ms; null: never, the limit is lower. */
export function slotsFreeAt(limits: ChaosLimits, now: ChaosNow, wanted: number): number | null {
  if (wanted > limits.maxActive) return null;
  const mustEnd = now.unfinished.length + wanted - limits.maxActive;
  if (mustEnd <= 0) return now.nowMs;
  const ends = now.unfinished.map(({ expiresAt }) => expiresAt).sort((a, b) => a - b);
  return Math.max(now.nowMs, ends[mustEnd - 1]!);
}

export interface Wanted {
  readonly teamIds: readonly string[];
  readonly serviceId: string;
  readonly ttlMs: number;
}

/** Returns every limit that an injection on exactly these teams would violate. */
export function violationsOf(limits: ChaosLimits, now: ChaosNow, wanted: Wanted): LimitViolation[] {
  const { teamIds, serviceId, ttlMs } = wanted;
  const found: LimitViolation[] = [];
  if (ttlMs > limits.maxDurationMs)
    found.push({
      limit: 'maxDurationMs',
      now: ttlMs,
      allowed: limits.maxDurationMs,
      possibleAt: null,
      teamIds: [],
      message: `the time to live is ${seconds(ttlMs)}, but no fault may last longer than ${seconds(limits.maxDurationMs)}: shorten it`,
    });
  const cooling = teamIds.flatMap((teamId) => {
    const until = coolingUntil(limits, now, teamId, serviceId);
    return until === null ? [] : [{ teamId, until }];
  });
  if (cooling.length > 0) {
    const possibleAt = Math.max(...cooling.map(({ until }) => until));
    const ids = cooling.map(({ teamId }) => teamId);
    const faultFree = cooling.map(({ teamId }) => faultFreeMs(now, teamId, serviceId));
    found.push({
      limit: 'cooldownMs',
      now: Math.min(...faultFree),
      allowed: limits.cooldownMs,
      possibleAt,
      teamIds: ids,
      message: `${serviceId} of ${ids.join(', ')} is in its cooldown of ${seconds(limits.cooldownMs)}: wait ${seconds(possibleAt - now.nowMs)}, or choose other teams`,
    });
  }
  const active = now.unfinished.length;
  if (active + teamIds.length > limits.maxActive) {
    const possibleAt = slotsFreeAt(limits, now, teamIds.length);
    found.push({
      limit: 'maxActive',
      now: active + teamIds.length,
      allowed: limits.maxActive,
      possibleAt,
      teamIds: [],
      message:
        `${active} faults act and ${teamIds.length} more would, but at most ${limits.maxActive} may act at once: ` +
        (possibleAt === null
          ? 'strike fewer teams'
          : `stop some, or wait ${seconds(possibleAt - now.nowMs)}`),
    });
  }
  return found;
}

/** Returns how long a service has been free of faults; 0 while one acts. */
function faultFreeMs(now: ChaosNow, teamId: string, serviceId: string): number {
  const isOn = now.unfinished.some((info) => info.teamId === teamId && info.serviceId === serviceId);
  return isOn ? 0 : now.nowMs - (now.lastGoneAt(teamId, serviceId) ?? now.nowMs);
}

/** Formats a duration for people, e.g. `90 s`; rounded up. */
export function seconds(ms: number): string {
  return `${Math.ceil(ms / 100) / 10} s`;
}

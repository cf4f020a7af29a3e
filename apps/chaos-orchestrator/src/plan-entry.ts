import type { ChaosLimits } from '#contracts';
import { resolveTargets, type FaultEntry } from '#scenario';
import { coolingUntil, freeSlots, seconds, slotsFreeAt, type ChaosNow } from './limits.js';

/** What the limits leave of a timeline's fault. */
export interface EntryPlan {
  /** Whom it strikes now; empty: nobody. */
  readonly teamIds: readonly string[];
  readonly ttlMs: number;
  /** What was cut and why, or why nobody is struck; empty: nothing was cut. */
  readonly reasons: readonly string[];
  /** When to try again, epoch ms; null where trying again makes no sense. Only where nobody is struck now. */
  readonly retryAt: number | null;
}

/**
 * Fits a timeline's fault into the limits without being unfair: a fault for all teams (or for those that it names) strikes
 * all of them at the same time or, if the limits don't let it, waits; a fault for a number of teams strikes fewer, and those
 * that were spared are the first the next time.
 * @param inReach teams that its driver reaches, in the order in which they joined
 * @param strikes faults per team so far
 */
export function planEntry(
  entry: FaultEntry,
  inReach: readonly string[],
  seed: string,
  strikes: ReadonlyMap<string, number>,
  limits: ChaosLimits,
  now: ChaosNow,
): EntryPlan {
  const reasons: string[] = [];
  const ttlMs = Math.min(entry.ttlMs, limits.maxDurationMs);
  if (ttlMs < entry.ttlMs)
    reasons.push(`cut to ${seconds(ttlMs)}: no fault may last longer (it says ${seconds(entry.ttlMs)})`);
  const none = (reason: string, retryAt: number | null): EntryPlan => ({
    teamIds: [],
    ttlMs,
    reasons: [...reasons, reason],
    retryAt,
  });
  const until = (teamId: string): number | null => coolingUntil(limits, now, teamId, entry.serviceId);
  const inPeace = `${entry.serviceId} is to be left in peace for ${seconds(limits.cooldownMs)} after a fault`;

  if (typeof entry.teams !== 'number') {
    const wanted = resolveTargets(entry, inReach, seed, strikes);
    if (wanted.length === 0) return none('no driver reaches any of its teams', null);
    const slotsAt = slotsFreeAt(limits, now, wanted.length);
    if (slotsAt === null)
      return none(`it needs ${wanted.length} faults at once, and at most ${limits.maxActive} may act`, null);
    const cooling = wanted.filter((id) => until(id) !== null);
    const retryAt = Math.max(slotsAt, ...cooling.map((id) => until(id)!));
    if (cooling.length > 0) return none(`${inPeace}: ${cooling.join(', ')}`, retryAt);
    if (slotsAt > now.nowMs || freeSlots(limits, now) < wanted.length)
      return none(`${now.unfinished.length} faults act, and at most ${limits.maxActive} may`, retryAt);
    return { teamIds: wanted, ttlMs, reasons, retryAt: null };
  }

  if (inReach.length === 0) return none('no driver reaches any team', null);
  const struck = (id: string): number => strikes.get(id) ?? 0;
  const wantedCount = Math.min(entry.teams, inReach.length);
  const cooling = inReach.filter((id) => until(id) !== null);
  const eligible = inReach.filter((id) => until(id) === null);
  // Nobody gets ahead of a team that can't be struck just now: it would never be made up for.
  const leastOfCooling = Math.min(...cooling.map(struck));
  const fair = eligible.filter((id) => struck(id) <= leastOfCooling);
  const count = Math.min(wantedCount, fair.length, freeSlots(limits, now));
  if (count < wantedCount) {
    const isCooldown = fair.length < wantedCount;
    const reason = isCooldown
      ? `${inPeace}: ${cooling.join(', ')}`
      : `${now.unfinished.length} faults act, and at most ${limits.maxActive} may`;
    if (count === 0) {
      const slotsAt = slotsFreeAt(limits, now, 1);
      const retryAt =
        slotsAt === null ? null : Math.max(slotsAt, isCooldown ? earliest(cooling.map(until)) : 0);
      return none(reason, retryAt);
    }
    reasons.push(`${count} of ${wantedCount} teams: ${reason}`);
  }
  return {
    teamIds: resolveTargets({ ...entry, teams: count }, fair, seed, strikes),
    ttlMs,
    reasons,
    retryAt: null,
  };
}

function earliest(times: readonly (number | null)[]): number {
  return Math.min(...times.filter((at): at is number => at !== null));
}

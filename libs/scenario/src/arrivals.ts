import type { CheckSpec, Scenario } from '#contracts';
import { PaydayError, randomStream } from '#kernel';
import { arrivalsBefore } from './load.js';

/** One request that every team's service gets. */
export interface Arrival {
  /** Within its second of game time, 0 to 999; each team's phase is added (`teamArrivalMs`). */
  offsetMs: number;
  /** Number of the service's arrivals before this one, over the whole game: unique per service. */
  index: number;
  checkId: string;
  /** Index into the check's `cases`. */
  caseIndex: number;
}

/**
 * The arrivals of one service in second `second` of game time, that is in [second × 1000, (second + 1) × 1000),
 * in order of their offset. They are the same for every team, and open-loop: nothing that a team does changes them.
 * Their number is the exact difference of `arrivalsBefore`; they are evenly spaced, each moved at random within
 * its share of the second. Any second can be computed alone, at a cost proportional to its arrivals.
 * @throws PaydayError `unknown_service`.
 */
export function arrivals(scenario: Scenario, serviceId: string, second: number): Arrival[] {
  return drawn(scenario, serviceId, second, `arrivals/${serviceId}/${second}`, (count) => count);
}

/**
 * The arrivals that a load spike adds in one second: `percent` per cent of the service's own arrivals, of the same checks
 * and cases. Exact over time: fractions carry over. The same seed, service and spike id give the same arrivals at
 * every prober; their `index` counts the spike's own arrivals.
 * @throws PaydayError `unknown_service`.
 */
export function spikeArrivals(
  scenario: Scenario,
  serviceId: string,
  second: number,
  { id, percent }: { readonly id: string; readonly percent: number },
): Arrival[] {
  const share = (count: number): number => Math.floor((count * percent) / 100);
  return drawn(scenario, serviceId, second, `spike/${id}/${serviceId}/${second}`, share);
}

/** @param share maps the number of the service's arrivals since the start of the game to the number drawn. */
function drawn(
  scenario: Scenario,
  serviceId: string,
  second: number,
  stream: string,
  share: (count: number) => number,
): Arrival[] {
  const service = scenario.services.find(({ id }) => id === serviceId);
  if (service === undefined)
    throw new PaydayError('unknown_service', `the scenario has no service "${serviceId}"`);
  if (second < 0 || second * 1000 >= scenario.durationMs) return [];
  const first = share(arrivalsBefore(scenario, serviceId, second * 1000));
  const count = share(arrivalsBefore(scenario, serviceId, (second + 1) * 1000)) - first;
  if (count === 0) return [];
  const random = randomStream(scenario.seed, stream);
  const totalWeight = service.checks.reduce((sum, { weight }) => sum + weight, 0);
  return Array.from({ length: count }, (_, nth) => {
    // Always three draws, in this order, so that no arrival depends on the draws of another.
    const offsetMs = Math.floor(((nth + random.unit()) * 1000) / count);
    const check = weighted(service.checks, random.below(totalWeight));
    return { offsetMs, index: first + nth, checkId: check.id, caseIndex: random.below(check.cases.length) };
  });
}

function weighted(checks: readonly CheckSpec[], draw: number): CheckSpec {
  let rest = draw;
  for (const check of checks) {
    if (rest < check.weight) return check;
    rest -= check.weight;
  }
  throw new RangeError('the draw is beyond the sum of the weights');
}

/**
 * Shift of one team's schedule within each second, 0 to 999 ms, so that teams are not probed in one burst.
 *
 * It is fair because the shift is circular: requests shifted past the end of a second wrap to its beginning.
 * Every team gets the same requests in every second, and so in every window (windows are whole seconds); only the
 * millisecond differs, and neither pay nor faults depend on it.
 * @param teamIndex position among the game's teams, 0 to teamCount − 1, equal at every prober.
 */
export function teamPhaseMs(teamIndex: number, teamCount: number): number {
  if (!Number.isInteger(teamIndex) || teamIndex < 0 || teamIndex >= teamCount)
    throw new RangeError(`team ${teamIndex} of ${teamCount}: the index must be from 0 to ${teamCount - 1}`);
  return Math.floor((teamIndex * 1000) / teamCount);
}

/** When an arrival of second `second` is due at a team, in game time. Always within the same second. */
export function teamArrivalMs(second: number, arrival: Pick<Arrival, 'offsetMs'>, phaseMs: number): number {
  return second * 1000 + ((arrival.offsetMs + phaseMs) % 1000);
}

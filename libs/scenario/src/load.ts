import type { LoadPhase, Scenario } from '#contracts';

/**
 * Rates are whole thousandths of a request per second, which keeps them and their integral exact:
 * 1 mrps × 1 ms = one millionth of a request.
 */
const MILLIONTHS = 1_000_000n;

/** The load phase at a game time: the latest that has begun. Before 0 it is the first, after the end the last. */
export function phaseAt(scenario: Scenario, atMs: number): LoadPhase {
  let current = scenario.load[0]!;
  for (const phase of scenario.load) if (phase.atMs <= atMs) current = phase;
  return current;
}

/**
 * The arrival rate of one service for one team at a game time, in thousandths of a request per second
 * (rounded down within a ramp). 0 outside [0, durationMs).
 */
export function requestRate(scenario: Scenario, serviceId: string, atMs: number): number {
  if (atMs < 0 || atMs >= scenario.durationMs) return 0;
  let rate = 0;
  for (const phase of scenario.load) {
    if (phase.atMs > atMs) break;
    const from = rate;
    rate = milliRate(phase, serviceId);
    const elapsed = atMs - phase.atMs;
    if (elapsed < phase.rampMs) return from + Math.floor(((rate - from) * elapsed) / phase.rampMs);
  }
  return rate;
}

/**
 * Number of requests to one service of one team in [0, atMs) of game time: the integral of the rate, rounded
 * down. Exact for every whole `atMs`, so it does not drift; constant after the end.
 */
export function arrivalsBefore(scenario: Scenario, serviceId: string, atMs: number): number {
  return Number(requestMillionthsBefore(scenario, serviceId, atMs) / MILLIONTHS);
}

/**
 * The same integral in millionths of a request, before rounding to whole requests. Its differences follow the load,
 * while differences of whole requests also depend on where an interval begins.
 */
export function requestMillionthsBefore(scenario: Scenario, serviceId: string, atMs: number): bigint {
  const until = Math.min(Math.max(0, atMs), scenario.durationMs);
  let from = 0;
  // In half millionths: the integral over a whole ramp, (from + to) / 2 × ramp, stays an integer.
  let halves = 0n;
  scenario.load.forEach((phase, index) => {
    const rate = milliRate(phase, serviceId);
    const phaseEnd = Math.min(until, scenario.load[index + 1]?.atMs ?? scenario.durationMs);
    const elapsed = phaseEnd - phase.atMs;
    if (elapsed > 0) {
      const ramped = Math.min(elapsed, phase.rampMs);
      if (ramped > 0)
        halves +=
          2n * BigInt(from) * BigInt(ramped) +
          slope(BigInt(rate - from), BigInt(ramped), BigInt(phase.rampMs));
      halves += 2n * BigInt(rate) * BigInt(elapsed - ramped);
    }
    from = rate;
  });
  return halves / 2n;
}

/** floor(rise × elapsed² / ramp); BigInt division rounds towards zero. */
function slope(rise: bigint, elapsed: bigint, ramp: bigint): bigint {
  const product = rise * elapsed * elapsed;
  const quotient = product / ramp;
  return product < 0n && quotient * ramp !== product ? quotient - 1n : quotient;
}

function milliRate(phase: LoadPhase, serviceId: string): number {
  return Math.round((phase.requestsPerSecond[serviceId] ?? 0) * 1000);
}

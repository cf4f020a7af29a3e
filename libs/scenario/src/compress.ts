import type { Scenario, TimelineEntry } from '#contracts';
import { PaydayError } from '#kernel';

export const MIN_SPEED = 0.1;
export const MAX_SPEED = 100;
const DAY_MS = 24 * 3_600_000;

/**
 * The same game at `speed` times its pace (0.1 to 100, in steps of 0.001). Scaled are the duration (rounded up to whole
 * windows) and, each rounded down, the times of phases, ramps, timeline and freeze, the faults' time to live, the delay
 * from the end to the ceremony, and the limits on how long and how soon after another faults may act.
 * Rates, windows, timeouts and pay stay: a second pays as before, there are only fewer of them.
 * @throws PaydayError `invalid_speed` if the speed is out of range, or the game would be shorter than one window or
 *   longer than 24 hours, or a phase or fault would have no length.
 */
export function compressScenario(scenario: Scenario, speed: number): Scenario {
  if (!(speed >= MIN_SPEED && speed <= MAX_SPEED))
    throw invalid(`the speed must be a number from ${MIN_SPEED} to ${MAX_SPEED}, got ${speed}`);
  const thousandths = Math.round(speed * 1000);
  const scale = (ms: number): number => Math.floor((ms * 1000) / thousandths);

  const { windowMs } = scenario.pay;
  const durationMs = Math.ceil((scenario.durationMs * 1000) / thousandths / windowMs) * windowMs;
  if (scale(scenario.durationMs) < windowMs)
    throw invalid(
      `at speed ${speed} the game would last ${scale(scenario.durationMs)} ms, less than one window of ${windowMs} ms`,
    );
  if (durationMs > DAY_MS) throw invalid(`at speed ${speed} the game would last longer than 24 hours`);

  const load = scenario.load.map((phase) => ({
    ...phase,
    atMs: scale(phase.atMs),
    rampMs: scale(phase.rampMs),
  }));
  load.forEach((phase, index) => {
    if (index > 0 && phase.atMs === load[index - 1]!.atMs)
      throw invalid(`at speed ${speed} nothing is left of the phase "${load[index - 1]!.label}"`);
  });
  const timeline = scenario.timeline.map((entry): TimelineEntry => {
    const byMs = entry.when?.byMs ?? null;
    const when = entry.when && { when: { ...entry.when, byMs: byMs === null ? null : scale(byMs) } };
    if (entry.type === 'announcement') return { ...entry, atMs: scale(entry.atMs), ...when };
    const ttlMs = scale(entry.ttlMs);
    if (ttlMs === 0) throw invalid(`at speed ${speed} nothing is left of the fault "${entry.id}"`);
    return { ...entry, atMs: scale(entry.atMs), ttlMs, ...when };
  });
  const { freezeAtMs, ceremony, chaos } = scenario;
  return {
    ...scenario,
    durationMs,
    load,
    timeline,
    ...(freezeAtMs !== undefined && { freezeAtMs: scale(freezeAtMs) }),
    ...(ceremony && {
      ceremony: {
        ...ceremony,
        revealAfterMs: ceremony.revealAfterMs === null ? null : scale(ceremony.revealAfterMs),
      },
    }),
    ...(chaos && {
      chaos: {
        ...chaos,
        maxDurationMs: Math.min(DAY_MS, Math.max(1, scale(chaos.maxDurationMs))),
        cooldownMs: scale(chaos.cooldownMs),
      },
    }),
  };
}

function invalid(message: string): PaydayError {
  return new PaydayError('invalid_speed', message);
}

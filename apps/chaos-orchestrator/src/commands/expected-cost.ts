import type { PayRules, Scenario } from '#contracts';
import type { FaultParams } from '#faults';
import { requestRate } from '#scenario';
import type { ExpectedCost } from './types.js';

export interface CostQuestion {
  kind: string;
  serviceId: string;
  params: FaultParams;
  ttlMs: number;
  /** Teams that are struck. */
  teams: number;
  /** Game time, ms. */
  gameMs: number;
  /** Whether the struck windows count at all. */
  scored: boolean;
}

/**
 * What a fault costs, from the pay rules and the load of this moment: an estimate for people, at the worst. Only the
 * service's own customers are counted, not those of services that call it.
 */
export function expectedCost(scenario: Scenario, question: CostQuestion): ExpectedCost {
  const { serviceId, ttlMs, teams, gameMs, scored } = question;
  const { pay } = scenario;
  if (!scored) return { perTeamPerMinuteCents: 0, totalCents: 0, basis: 'the struck windows do not score' };
  const { failedShare, delayMs, basis } = effectOf(question, scenario.probing.timeoutMs);
  const perMinute = (requestRate(scenario, serviceId, gameMs) * 60) / 1000;
  const best = pay.speedBands[0]?.cents ?? 0;
  const answered = delayMs === null ? best : bandCents(pay, delayMs);
  const perRequest = failedShare * (pay.failureCents - best) + (1 - failedShare) * (answered - best);
  const windowsPerMinute = 60_000 / pay.windowMs;
  const { belowAvailabilityPercent, minProbes, cents } = pay.downtime;
  const isDown =
    (1 - failedShare) * 100 < belowAvailabilityPercent && perMinute / windowsPerMinute >= minProbes;
  const weight = (scenario.services.find(({ id }) => id === serviceId)?.weightPercent ?? 100) / 100;
  const perTeam = Math.floor((perMinute * perRequest + (isDown ? windowsPerMinute * cents : 0)) * weight);
  return {
    perTeamPerMinuteCents: perTeam,
    totalCents: Math.floor((perTeam * teams * ttlMs) / 60_000),
    basis: `${basis}, at ${round(perMinute / 60)} requests per second`,
  };
}

interface Effect {
  /** 0 to 1. */
  failedShare: number;
  /** Of the answers; null: as before. */
  delayMs: number | null;
  basis: string;
}

function effectOf({ kind, params }: CostQuestion, timeoutMs: number): Effect {
  const { delayMs, percent } = params;
  if (kind === 'error-rate' && typeof percent === 'number')
    return { failedShare: percent / 100, delayMs: null, basis: `${percent} % of the requests fail` };
  if (typeof delayMs === 'number' && delayMs < timeoutMs)
    return { failedShare: 0, delayMs, basis: `every answer takes ${delayMs} ms` };
  return { failedShare: 1, delayMs: null, basis: 'every request fails' };
}

function bandCents({ speedBands }: PayRules, latencyMs: number): number {
  return speedBands.find(({ upToMs }) => latencyMs <= upToMs)?.cents ?? 0;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

import type { FaultScoring, Scenario } from '#contracts';
import { requestMillionthsBefore } from '#scenario';
import type { EffectPhase, HarmfulEffect } from './effect.js';
import { expectedEffect } from './expected-effect.js';
import { NO_MONEY, type ExpectedMoney } from './expected-money.js';
import type { FaultParams } from './fault.js';
import { ZERO, floorOf, fraction, plus, times, type Fraction } from './fraction.js';
import { fatesOf, meanPay, type FateFigures } from './pay-of-fates.js';

/** A strike to price: the fault, the service, and the time. */
export interface Strike {
  readonly kind: string;
  readonly params: FaultParams;
  readonly serviceId: string;
  /** Game time at which it strikes, ms. */
  readonly fromMs: number;
  /** Its time to live, game time, ms, ≥ 0. */
  readonly ttlMs: number;
  /** Default: `count`. A paused strike costs nothing. */
  readonly scoring?: FaultScoring;
}

const MILLION = 1_000_000n;

/**
 * Computes the expected cost of a strike from the pay rules and the load over its time to live: the pay of a team that answers
 * every request in the best band, minus the pay under the effect that the fault kind declares, including downtime penalties.
 * Counts only the service's own customers, not those of services that call it, and assumes no repair. A pure function of the
 * scenario and the strike, so the result is the same for every team.
 *
 * Monotone in load, time to live and fines. All arithmetic is exact until the last step, which rounds down to whole cents.
 */
export function expectedMoney(scenario: Scenario, strike: Strike): ExpectedMoney {
  if (strike.scoring === 'pause') return NO_MONEY;
  const effect = expectedEffect(strike.kind, strike.params);
  const weight = scenario.services.find(({ id }) => id === strike.serviceId)?.weightPercent ?? 100;
  const cents = (of: Fraction): number => Number(floorOf(times(of, fraction(weight, 100))));
  return effect.type === 'traffic'
    ? { costCents: 0, gainCents: cents(spikePay(scenario, strike, effect.percent)) }
    : { costCents: cents(harm(scenario, strike, effect)), gainCents: 0 };
}

/** Describes the assumptions in a few words, for people. */
export function basisOf(scenario: Scenario, strike: Strike): string {
  if (strike.scoring === 'pause') return 'the struck windows do not score';
  const { says } = expectedEffect(strike.kind, strike.params);
  const requests = Number(millionths(scenario, strike, ...spanOf(scenario, strike)) / MILLION);
  return `${says}; ${requests} requests in that time`;
}

function spanOf({ durationMs }: Scenario, { fromMs, ttlMs }: Strike): [from: number, until: number] {
  const from = Math.min(Math.max(0, fromMs), durationMs);
  return [from, Math.min(Math.max(from, fromMs + ttlMs), durationMs)];
}

function millionths(scenario: Scenario, { serviceId }: Strike, from: number, until: number): bigint {
  return (
    requestMillionthsBefore(scenario, serviceId, until) - requestMillionthsBefore(scenario, serviceId, from)
  );
}

/** Pay for the additional customers if all are served in the best band. */
function spikePay(scenario: Scenario, strike: Strike, percent: number): Fraction {
  const requests = fraction(millionths(scenario, strike, ...spanOf(scenario, strike)), MILLION);
  const best = meanPay(scenario.pay, fatesOf([], scenario));
  return times(times(requests, fraction(percent, 100)), best);
}

function harm(scenario: Scenario, strike: Strike, effect: HarmfulEffect): Fraction {
  const { pay } = scenario;
  const [from, until] = spanOf(scenario, strike);
  const phases = pricedPhases(scenario, effect);
  /** Number of requests by price: few distinct prices, so few fractions to add. */
  const requests = new Map<Priced, bigint>();
  let downWindows = 0n;
  for (let at = from; at < until;) {
    const windowFrom = Math.floor(at / pay.windowMs) * pay.windowMs;
    const windowUntil = windowFrom + pay.windowMs;
    const inWindow = millionths(scenario, strike, windowFrom, windowUntil);
    let failed = ZERO;
    for (const { phase, fromMs, untilMs } of piecesOf(
      phases,
      strike.fromMs,
      at,
      Math.min(until, windowUntil),
    )) {
      const priced = isOverloaded(phase, inWindow, pay.windowMs) ? phase.overloaded : phase.usual;
      const here = millionths(scenario, strike, fromMs, untilMs);
      requests.set(priced, (requests.get(priced) ?? 0n) + here);
      failed = plus(failed, times(priced.figures.failed, fraction(untilMs - fromMs, pay.windowMs)));
    }
    if (isDowntime(scenario, inWindow, failed)) downWindows++;
    at = windowUntil;
  }
  let cost = fraction(downWindows * BigInt(-pay.downtime.cents));
  for (const [{ costPerRequest }, count] of requests)
    cost = plus(cost, times(costPerRequest, fraction(count, MILLION)));
  return cost;
}

interface Priced {
  readonly figures: FateFigures;
  /** Compared with an answer in the best band; ≥ 0. */
  readonly costPerRequest: Fraction;
}

interface PricedPhase {
  readonly fromMs: number;
  readonly capacityMilliRps: number | undefined;
  readonly usual: Priced;
  readonly overloaded: Priced;
}

function pricedPhases(scenario: Scenario, { phases }: HarmfulEffect): PricedPhase[] {
  const best = meanPay(scenario.pay, fatesOf([], scenario));
  const priced = (fates: EffectPhase['fates']): Priced => {
    const figures = fatesOf(fates, scenario);
    const mean = meanPay(scenario.pay, figures);
    const costPerRequest = plus(best, { num: -mean.num, den: mean.den });
    // In a scenario where slow answers pay more than fast ones, a fault would have a negative cost.
    return { figures, costPerRequest: costPerRequest.num < 0n ? ZERO : costPerRequest };
  };
  const overloaded = priced([{ shareBp: 10_000, fails: true }]);
  return phases.map(({ fromMs, fates, capacityMilliRps }) => ({
    fromMs,
    capacityMilliRps,
    usual: priced(fates),
    overloaded,
  }));
}

/** Splits an interval at the phase boundaries. `struckMs`, `fromMs`, `untilMs`: game time. */
function piecesOf(
  phases: readonly PricedPhase[],
  struckMs: number,
  fromMs: number,
  untilMs: number,
): { phase: PricedPhase; fromMs: number; untilMs: number }[] {
  return phases.flatMap((phase, index) => {
    const begin = Math.max(fromMs, struckMs + phase.fromMs);
    const next = phases[index + 1];
    const end = next === undefined ? untilMs : Math.min(untilMs, struckMs + next.fromMs);
    return begin < end ? [{ phase, fromMs: begin, untilMs: end }] : [];
  });
}

/** One millionth of a request in a window of 1 ms equals one thousandth of a request per second. */
function isOverloaded({ capacityMilliRps }: PricedPhase, inWindow: bigint, windowMs: number): boolean {
  return capacityMilliRps !== undefined && inWindow > BigInt(capacityMilliRps) * BigInt(windowMs);
}

/** Based on the share of the window's time, not of its requests, so more load never makes downtime less likely. */
function isDowntime({ pay: { downtime } }: Scenario, inWindow: bigint, failed: Fraction): boolean {
  const { belowAvailabilityPercent, minProbes } = downtime;
  if (inWindow < BigInt(minProbes) * MILLION || inWindow === 0n) return false;
  const { num, den } = failed;
  return (den - num) * 100n < BigInt(belowAvailabilityPercent) * den;
}

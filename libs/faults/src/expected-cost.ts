import type { FaultScoring, Scenario } from '#contracts';
import { requestMillionthsBefore } from '#scenario';
import type { EffectPhase, HarmfulEffect } from './effect.js';
import { expectedEffect } from './expected-effect.js';
import { NO_MONEY, type ExpectedMoney } from './expected-money.js';
import type { FaultParams } from './fault.js';
import { ZERO, floorOf, fraction, plus, times, type Fraction } from './fraction.js';
import { fatesOf, meanPay, type FateFigures } from './pay-of-fates.js';

/** One strike whose money is asked for: what, on which service, when. */
export interface Strike {
  readonly kind: string;
  readonly params: FaultParams;
  readonly serviceId: string;
  /** Game time at which it strikes, ms. */
  readonly fromMs: number;
  /** Its time to live, game time, ms, ≥ 0. */
  readonly ttlMs: number;
  /** Default: `count`. What is paused costs nothing. */
  readonly scoring?: FaultScoring;
}

const MILLION = 1_000_000n;

/**
 * The expected cost of a strike, from the pay rules and the load over its time to live: what a team that answers every request
 * in the best band would earn in that time, less what it gets while the fault does to every request what its kind declares,
 * downtime pay included. Only the service's own customers are counted, not those of services that call it, and nobody repairs
 * anything. A pure function of the scenario and the strike, and so the same for every team, every time.
 *
 * Monotone: never less for a higher load, a longer time to live, or a higher fine. All arithmetic is exact until the last
 * step, which rounds down to whole cents.
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

/** In a few words, for people: what is assumed. */
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

/** What the additional customers pay who is served in the best band. */
function spikePay(scenario: Scenario, strike: Strike, percent: number): Fraction {
  const requests = fraction(millionths(scenario, strike, ...spanOf(scenario, strike)), MILLION);
  const best = meanPay(scenario.pay, fatesOf([], scenario));
  return times(times(requests, fraction(percent, 100)), best);
}

function harm(scenario: Scenario, strike: Strike, effect: HarmfulEffect): Fraction {
  const { pay } = scenario;
  const [from, until] = spanOf(scenario, strike);
  const phases = pricedPhases(scenario, effect);
  /** Requests by what one costs: few different ones, so that few fractions are added. */
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
  /** Against an answer in the best band; ≥ 0. */
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
    // Scenarios in which a slow answer pays more than a quick one would make a fault a present.
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

/** An interval cut where phases begin. `struckMs`, `fromMs`, `untilMs`: game time. */
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

/** 1 millionth of a request in a window of 1 ms is 1 thousandth of a request a second. */
function isOverloaded({ capacityMilliRps }: PricedPhase, inWindow: bigint, windowMs: number): boolean {
  return capacityMilliRps !== undefined && inWindow > BigInt(capacityMilliRps) * BigInt(windowMs);
}

/** By the share of the window's time, not of its requests: the more customers, the likelier it is downtime. */
function isDowntime({ pay: { downtime } }: Scenario, inWindow: bigint, failed: Fraction): boolean {
  const { belowAvailabilityPercent, minProbes } = downtime;
  if (inWindow < BigInt(minProbes) * MILLION || inWindow === 0n) return false;
  const { num, den } = failed;
  return (den - num) * 100n < BigInt(belowAvailabilityPercent) * den;
}

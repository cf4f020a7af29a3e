import type { FaultInfo } from '#contracts';
import { isTraffic } from './expected-effect.js';

/** A team as fairness sees it. */
export interface TeamStanding {
  readonly teamId: string;
  /** Whether it is ranked and has an endpoint registered. */
  readonly inPlay: boolean;
  /** When it first was in play, epoch ms; null: never so far. */
  readonly inPlaySince: number | null;
}

/** What one team was dealt: the basis for choosing the next victims. */
export interface TeamTally {
  /** Expected cost of its faults plus its newcomer credit; cents. */
  readonly harmCents: number;
  /** The newcomer credit alone. */
  readonly creditCents: number;
  /** Expected gain of its traffic spikes plus the corresponding credit; cents. */
  readonly gainCents: number;
  /** Number of faults without a cost (their windows don't score) plus the corresponding credit. */
  readonly freeCount: number;
}

interface Amounts {
  harmCents: number;
  gainCents: number;
  freeCount: number;
}

/**
 * Sums up what each team was dealt. A team that comes into play late starts with the median of the teams that came before it,
 * counting the faults that started before it came. A pure function of the faults and the times at which teams came into play,
 * so every process that knows the game's events computes the same.
 * @param courses the faults to count, in any order
 */
export function tally(
  courses: Iterable<{ readonly info: Readonly<FaultInfo> }>,
  teams: readonly TeamStanding[],
): Map<string, TeamTally> {
  const byTeam = new Map<string, FaultInfo[]>(teams.map(({ teamId }) => [teamId, []]));
  for (const { info } of courses) byTeam.get(info.teamId)?.push(info);
  const credits = new Map<string, Amounts>();
  const came = teams.filter(({ inPlaySince }) => inPlaySince !== null);
  for (const { teamId, inPlaySince } of [...came].sort((a, b) => a.inPlaySince! - b.inPlaySince!)) {
    const before = came
      .filter((other) => other.inPlaySince! < inPlaySince!)
      .map((other) => amountsOf(byTeam.get(other.teamId)!, credits.get(other.teamId)!, inPlaySince!));
    const median = (of: keyof Amounts): number => medianOf(before.map((each) => each[of]));
    credits.set(teamId, {
      harmCents: median('harmCents'),
      gainCents: median('gainCents'),
      freeCount: median('freeCount'),
    });
  }
  return new Map(
    teams.map(({ teamId }) => {
      const credit = credits.get(teamId) ?? NONE;
      const amounts = amountsOf(byTeam.get(teamId)!, credit, Infinity);
      return [teamId, { ...amounts, creditCents: credit.harmCents }];
    }),
  );
}

const NONE: Amounts = { harmCents: 0, gainCents: 0, freeCount: 0 };

function amountsOf(faults: readonly FaultInfo[], credit: Amounts, beforeMs: number): Amounts {
  const out = { ...credit };
  for (const { startedAt, kind, scoring, expectedCostCents = 0, expectedGainCents = 0 } of faults) {
    if (startedAt >= beforeMs) continue;
    out.harmCents += expectedCostCents;
    out.gainCents += expectedGainCents;
    if (scoring === 'pause' && !isTraffic(kind)) out.freeCount++;
  }
  return out;
}

/** Returns the median of integers, the lower of two middle ones; 0 for an empty list. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

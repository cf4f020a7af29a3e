import type { FaultInfo } from '#contracts';
import { isTraffic } from './expected-effect.js';

/** A team as fairness sees it. */
export interface TeamStanding {
  readonly teamId: string;
  /** It is ranked, and has something deployed. */
  readonly inPlay: boolean;
  /** When that first was so, epoch ms; null: never yet. */
  readonly inPlaySince: number | null;
}

/** What one team was dealt, as far as it decides who is struck next. */
export interface TeamTally {
  /** Expected cost of its faults, and what it counts as having been dealt before it came; cents. */
  readonly harmCents: number;
  /** The latter alone. */
  readonly creditCents: number;
  /** Expected gain of its traffic spikes, with the same kind of credit; cents. */
  readonly gainCents: number;
  /** Faults that cost nothing though they disturb: those whose windows don't score; with the same kind of credit. */
  readonly freeCount: number;
}

interface Amounts {
  harmCents: number;
  gainCents: number;
  freeCount: number;
}

/**
 * What each team was dealt. A team that came into play when others had been dealt something starts with the median of theirs:
 * of those that came before it, of the faults that began before it came. A function of the faults and of when teams
 * came, so that any process that knows the game's events reaches the same.
 * @param courses those that count, in any order
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

/** The middle one of whole numbers, the lower of two; 0 of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

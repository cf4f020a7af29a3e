import type { TeamScore } from '#contracts';
import type { FrozenScore } from '#persistence';
import type { Narrator } from './narrator.js';
import type { StandingsTable } from './standings.js';

/**
 * The one gate through which scores become public. Whatever is taken waits here until the next look at the board; what
 * waits when the board is frozen stays here until it no longer is. Table, narrator, frames, REST and streams know only what
 * has passed (docs/adr/0006-public-view.md, 0014-freeze.md).
 *
 * In a freeze the statuses go on: whether a service answers is no score. What it earns, how fast it is and how often it fails
 * is not shown.
 */
export class Disclosure {
  /** The latest score of every team, public or not, also of those whose `team.added` hasn't come yet. */
  private readonly latest = new Map<string, TeamScore>();
  /** What the public knows. */
  private readonly disclosed = new Map<string, TeamScore>();
  /** Accepted since the last look, in order. */
  private waiting: TeamScore[] = [];
  /** Whether the last look was at a frozen board. */
  private hiding = false;
  /** The boundary whose settled standings are shown; null if none are. */
  private settledAt: number | null = null;

  constructor(
    private readonly table: StandingsTable,
    private readonly narrator: Narrator,
  ) {}

  /** Takes a score unless a later commit of that team is known. @returns whether it was taken */
  applyScore(score: TeamScore): boolean {
    const known = this.latest.get(score.teamId);
    if (known !== undefined && score.commitSeq <= known.commitSeq) return false;
    this.latest.set(score.teamId, score);
    this.waiting.push(score);
    // Before the first look nobody empties the list.
    if (this.waiting.length > MAX_WAITING) this.waiting = [...this.latest.values()];
    return true;
  }

  /** Whether the last score of each of these teams was taken, public or not. */
  isFinal(teamIds: Iterable<string>): boolean {
    for (const teamId of teamIds) if (this.latest.get(teamId)?.final !== true) return false;
    return true;
  }

  /** Gives the table what the public knows of a team that is new to it. */
  introduce(teamId: string): void {
    const score = this.disclosed.get(teamId);
    if (score !== undefined) this.table.setScore(score);
  }

  /** @param hiddenFrom the boundary of the freeze that holds now (`hiddenFromAt`); null: there is none */
  discloseDue(hiddenFrom: number | null): void {
    const taken = this.waiting;
    this.waiting = [];
    if (hiddenFrom !== null) {
      this.hiding = true;
      for (const score of taken) this.holdBack(score);
      return;
    }
    const thawing = this.hiding;
    this.hiding = false;
    this.settledAt = null;
    // What was held back is told in its latest form only.
    for (const score of thawing ? this.latest.values() : taken)
      if (this.disclosed.get(score.teamId) !== score) this.disclose(score);
  }

  /** Whether the settled standings of a freeze are still to be shown. */
  awaits(frozenAt: number): boolean {
    return this.settledAt !== frozenAt;
  }

  /** From now on, until the freeze ends, these are the standings. */
  settle(frozenAt: number, scores: readonly FrozenScore[], gameId: string): void {
    if (this.settledAt === frozenAt) return;
    this.settledAt = frozenAt;
    for (const frozen of scores) {
      const score = scoreOf(frozen, frozenAt, gameId);
      this.disclosed.set(score.teamId, score);
      this.table.setScore(score);
    }
    for (const score of this.latest.values()) this.table.setStatuses(score.teamId, score.services);
  }

  private disclose(score: TeamScore): void {
    const { teamId } = score;
    const previous = this.disclosed.get(teamId);
    this.disclosed.set(teamId, score);
    this.table.setScore(score);
    this.narrator.score(previous, score);
  }

  private holdBack(score: TeamScore): void {
    this.table.setStatuses(score.teamId, score.services);
    this.narrator.tellStatuses(score);
  }
}

const MAX_WAITING = 10_000;

/** Without anything that was measured; the statuses are set by what follows. */
function scoreOf(frozen: FrozenScore, frozenAt: number, gameId: string): TeamScore {
  const { teamId, salaryCents, payPerMinuteCents, oneMinuteCents, fiveMinutesCents } = frozen;
  const trend = { oneMinuteCents, fiveMinutesCents };
  return {
    gameId,
    teamId,
    commitSeq: 0,
    asOf: frozenAt,
    salaryCents,
    payPerMinuteCents,
    trend,
    services: [],
  };
}

import type { TeamScore } from '#contracts';
import type { FrozenScore } from '#persistence';
import type { Narrator } from './narrator.js';
import type { StandingsTable } from './standings.js';

/**
 * The single gate through which scores become public. Accepted scores wait here until the board is next read; while the
 * board is frozen, they stay here. Table, narrator, frames, REST and streams only see scores that have passed the gate
 * (docs/adr/0006-public-view.md, 0014-freeze.md).
 *
 * Statuses stay live during a freeze, because whether a service responds is not a score. Its pay, latency and failure rate
 * are hidden.
 */
export class Disclosure {
  /** The latest score of every team, public or not, including teams whose `team.added` has not arrived yet. */
  private readonly latest = new Map<string, TeamScore>();
  /** The public scores. */
  private readonly disclosed = new Map<string, TeamScore>();
  /** Scores accepted since the last read, in order. */
  private waiting: TeamScore[] = [];
  /** Whether the board was frozen at the last read. */
  private hiding = false;
  /** The freeze boundary whose settled standings are shown; null if none are. */
  private settledAt: number | null = null;

  constructor(
    private readonly table: StandingsTable,
    private readonly narrator: Narrator,
  ) {}

  /** Accepts a score unless a later commit of that team is known. @returns whether it was accepted */
  applyScore(score: TeamScore): boolean {
    const known = this.latest.get(score.teamId);
    if (known !== undefined && score.commitSeq <= known.commitSeq) return false;
    this.latest.set(score.teamId, score);
    this.waiting.push(score);
    // Nothing drains the list before the first read.
    if (this.waiting.length > MAX_WAITING) this.waiting = [...this.latest.values()];
    return true;
  }

  /** Whether the final score of each of these teams was accepted, public or not. */
  isFinal(teamIds: Iterable<string>): boolean {
    for (const teamId of teamIds) if (this.latest.get(teamId)?.final !== true) return false;
    return true;
  }

  /** Adds the public score of a new team to the table. */
  introduce(teamId: string): void {
    const score = this.disclosed.get(teamId);
    if (score !== undefined) this.table.setScore(score);
  }

  /** @param hiddenFrom the boundary of the current freeze (`hiddenFromAt`); null if there is none */
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
    // Of the scores that were held back, the narrator gets only the latest.
    for (const score of thawing ? this.latest.values() : taken)
      if (this.disclosed.get(score.teamId) !== score) this.disclose(score);
  }

  /** Whether the settled standings of a freeze are not shown yet. */
  awaits(frozenAt: number): boolean {
    return this.settledAt !== frozenAt;
  }

  /** Shows these standings until the freeze ends. */
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

/** The score without measurements; the caller sets the statuses. */
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

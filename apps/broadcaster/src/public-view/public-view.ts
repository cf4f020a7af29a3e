import type { GameEvent, TeamScore } from '#contracts';
import type { GameCreated } from '#game';
import type { FrozenScore } from '#persistence';
import { GameBoard, type PublicState } from './game-board.js';

/** Scores may arrive before the game's events; they are kept for this many games. */
const MAX_GAMES_WAITING = 4;

/**
 * The public view of the game created last. A reducer: no clock, no I/O. Events and scores may be redelivered, and scores may
 * arrive in any order: the standings depend only on each team's latest commit.
 */
export class PublicView {
  private board: GameBoard | null = null;
  private readonly waiting = new Map<string, Map<string, TeamScore>>();

  /** The game shown; null before the first. */
  get gameId(): string | null {
    return this.board?.gameId ?? null;
  }

  /**
   * Events of other games change nothing.
   * @throws PaydayError `invalid_transition` or `invalid_schedule` if the event is not valid in the game's state; nothing
   * changes
   */
  applyGameEvent(event: GameEvent): void {
    if (event.type === 'dev.payday.game.created') this.open(event);
    else if (event.subject === this.board?.gameId) this.board.applyEvent(event);
  }

  /** @returns whether the score is the latest one of its team in the game shown */
  applyScore(score: TeamScore): boolean {
    if (score.gameId === this.board?.gameId) return this.board.applyScore(score);
    let scores = this.waiting.get(score.gameId);
    if (scores === undefined) {
      this.waiting.set(score.gameId, (scores = new Map()));
      if (this.waiting.size > MAX_GAMES_WAITING) this.waiting.delete([...this.waiting.keys()][0]!);
    }
    const known = scores.get(score.teamId);
    if (known === undefined || score.commitSeq > known.commitSeq) scores.set(score.teamId, score);
    return false;
  }

  /** The freeze of the game shown whose settled standings are still missing; null if none are needed. */
  awaitsStandings(nowMs: number): { gameId: string; frozenAt: number } | null {
    const frozenAt = this.board?.awaitsStandings(nowMs) ?? null;
    return frozenAt === null ? null : { gameId: this.board!.gameId, frozenAt };
  }

  /** Shows the settled standings of a freeze, unless it is over or belongs to another game. */
  settle(freeze: { gameId: string; frozenAt: number }, scores: readonly FrozenScore[], nowMs: number): void {
    if (freeze.gameId === this.board?.gameId) this.board.settle(freeze.frozenAt, scores, nowMs);
  }

  /** Null before the first game. @param nowMs the server's clock, epoch ms; must not go back by much */
  view(nowMs: number): PublicState | null {
    return this.board?.view(nowMs) ?? null;
  }

  /** Games are in different partitions, so events of an older one may arrive after those of a newer one. */
  private open(created: GameCreated): void {
    const { data, time } = created;
    const shown = this.board;
    if (shown !== null) {
      const isLater = time > shown.createdAt || (time === shown.createdAt && data.gameId > shown.gameId);
      if (!isLater || data.gameId === shown.gameId) return;
    }
    this.board = new GameBoard(created);
    for (const score of this.waiting.get(data.gameId)?.values() ?? []) this.board.applyScore(score);
    this.waiting.delete(data.gameId);
  }
}

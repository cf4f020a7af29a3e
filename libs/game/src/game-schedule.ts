import type { GameState } from '#contracts';

/** An interval in which the game is paused: start inclusive, end exclusive; `untilAt` is null while it is open. */
export interface Pause {
  readonly fromAt: number;
  readonly untilAt: number | null;
}

export interface ScheduleFacts {
  readonly windowMs: number;
  /** Null in the lobby. */
  readonly startsAt: number | null;
  /** Null in the lobby. It moves when a paused game resumes, so while a pause is open it is the previous end. */
  readonly endsAt: number | null;
  /** In order; they may touch but never overlap. Once the game has ended, none is open and none extends past the end. */
  readonly pauses: readonly Pause[];
  /** Whether `game.ended` has fixed the end. */
  readonly ended: boolean;
  readonly sealedAt: number | null;
}

/**
 * When a game runs: an immutable view of its life-cycle events (`applyScheduleEvent` makes the next one). All instants
 * are epoch ms of wall time unless called game time, which is the time since the start without pauses.
 *
 * Windows are counted in wall time from the start: a pause occupies windows that don't score.
 */
export class GameSchedule implements ScheduleFacts {
  readonly windowMs: number;
  readonly startsAt: number | null;
  readonly endsAt: number | null;
  readonly pauses: readonly Pause[];
  readonly ended: boolean;
  readonly sealedAt: number | null;

  constructor(facts: ScheduleFacts) {
    this.windowMs = facts.windowMs;
    this.startsAt = facts.startsAt;
    this.endsAt = facts.endsAt;
    this.pauses = facts.pauses;
    this.ended = facts.ended;
    this.sealedAt = facts.sealedAt;
  }

  /** A game that has not been scheduled. @param windowMs `pay.windowMs` of its scenario. */
  static lobby(windowMs: number): GameSchedule {
    return new GameSchedule({
      windowMs,
      startsAt: null,
      endsAt: null,
      pauses: [],
      ended: false,
      sealedAt: null,
    });
  }

  /** The end, if it is known: null in the lobby and while a pause is open. */
  get knownEndAt(): number | null {
    return this.openPause === null ? this.endsAt : null;
  }

  /** The pause whose end is not known yet; null if there is none. It may still be ahead. */
  get openPause(): Pause | null {
    const last = this.pauses.at(-1);
    return last?.untilAt === null ? last : null;
  }

  stateAt(atMs: number): GameState {
    if (this.startsAt === null) return 'lobby';
    if (this.sealedAt !== null && atMs >= this.sealedAt) return 'sealed';
    const endsAt = this.knownEndAt;
    if (endsAt !== null && atMs >= endsAt) return 'ended';
    if (atMs < this.startsAt) return 'lobby';
    return this.isPausedAt(atMs) ? 'paused' : 'running';
  }

  /**
   * Game time at a wall time. It stops in pauses and at the end, is negative before the start (minus the time to
   * wait), and null in the lobby.
   */
  toGameTime(atMs: number): number | null {
    if (this.startsAt === null) return null;
    const until = Math.min(atMs, this.knownEndAt ?? atMs);
    let elapsed = until - this.startsAt;
    for (const { fromAt, untilAt } of this.pauses)
      if (until > fromAt) elapsed -= Math.min(until, untilAt ?? until) - fromAt;
    return elapsed;
  }

  /**
   * The wall time of a game time; if the game was paused at that time, the end of that pause. Null if it never
   * comes or is not known: in the lobby, past the end, or after an open pause.
   */
  toWallTime(gameMs: number): number | null {
    if (this.startsAt === null) return null;
    let at = this.startsAt + gameMs;
    for (const { fromAt, untilAt } of this.pauses) {
      if (at < fromAt) break;
      if (untilAt === null) return null;
      at += untilAt - fromAt;
    }
    const endsAt = this.knownEndAt;
    return endsAt !== null && at > endsAt ? null : at;
  }

  /** Index of the window that contains a wall time; negative before the start, null in the lobby. */
  windowIndexAt(atMs: number): number | null {
    return this.startsAt === null ? null : Math.floor((atMs - this.startsAt) / this.windowMs);
  }

  /** Start of a window, inclusive; null in the lobby. */
  windowStartAt(windowIndex: number): number | null {
    return this.startsAt === null ? null : this.startsAt + windowIndex * this.windowMs;
  }

  /** Whether results in this window score: it is within the game and not paused. */
  isScored(windowIndex: number): boolean {
    const startAt = this.windowStartAt(windowIndex);
    if (startAt === null || windowIndex < 0) return false;
    const endsAt = this.knownEndAt;
    return (endsAt === null || startAt < endsAt) && !this.isPausedAt(startAt);
  }

  /** Whether the game is paused in this window. Pauses begin and end on window boundaries. */
  isPaused(windowIndex: number): boolean {
    const startAt = this.windowStartAt(windowIndex);
    const endsAt = this.knownEndAt;
    return startAt !== null && (endsAt === null || startAt < endsAt) && this.isPausedAt(startAt);
  }

  /** The pause that contains a wall time; undefined if there is none. */
  pauseAt(atMs: number): Pause | undefined {
    return this.pauses.find(({ fromAt, untilAt }) => atMs >= fromAt && (untilAt === null || atMs < untilAt));
  }

  private isPausedAt(atMs: number): boolean {
    return this.pauseAt(atMs) !== undefined;
  }
}

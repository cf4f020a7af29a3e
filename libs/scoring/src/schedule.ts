import type { GameEvent } from '#contracts';
import { GameSchedule, applyScheduleEvent, type Pause } from '#game';
import { PaydayError } from '#kernel';
import type { ByteReader, ByteWriter } from './bytes.js';

/**
 * The windows of a game, from its schedule. The bounds that every batch needs are kept as plain fields, because this is
 * read on the hot path.
 */
export class WindowSchedule {
  startsAt: number | null = null;
  /** The end as known so far, epoch ms: it moves when the game resumes. 0 in the lobby. */
  endsAt = 0;
  sealed = false;
  private schedule: GameSchedule;

  constructor(readonly windowMs: number) {
    this.schedule = GameSchedule.lobby(windowMs);
  }

  /** The first window whose pay the event can change by moving a bound; null if none. Call it before `apply`. */
  firstAffected(event: GameEvent): number | null {
    switch (event.type) {
      case 'dev.payday.game.scheduled':
        return 0;
      case 'dev.payday.game.paused':
        return this.indexOf(event.data.fromAt);
      case 'dev.payday.game.resumed': {
        // While a pause is open, all windows from its beginning on count as paused.
        const pausedFrom = this.schedule.openPause?.fromAt ?? event.data.fromAt;
        return this.indexOf(Math.min(pausedFrom, this.endsAt, event.data.endsAt));
      }
      case 'dev.payday.game.ended':
        return this.indexOf(Math.min(this.endsAt, event.data.endsAt));
      default:
        return null;
    }
  }

  /** Applies a life-cycle event. One that does not fit is ignored: the services that can report it dead-letter it. */
  apply(event: GameEvent): void {
    try {
      this.replaceSchedule(applyScheduleEvent(this.schedule, event));
    } catch (error) {
      if (!(error instanceof PaydayError)) throw error;
    }
  }

  private replaceSchedule(schedule: GameSchedule): void {
    this.schedule = schedule;
    this.startsAt = schedule.startsAt;
    this.endsAt = schedule.endsAt ?? 0;
  }

  indexOf(at: number): number {
    return Math.floor((at - (this.startsAt ?? 0)) / this.windowMs);
  }

  startOf(index: number): number {
    return (this.startsAt ?? 0) + index * this.windowMs;
  }

  /** Number of windows that begin before the end, paused ones included. */
  get windowCount(): number {
    return this.startsAt === null ? 0 : Math.max(0, Math.ceil((this.endsAt - this.startsAt) / this.windowMs));
  }

  /** False for windows at or after the end. */
  isPaused(index: number): boolean {
    return this.schedule.isPaused(index);
  }

  write(out: ByteWriter): void {
    const { startsAt, pauses, ended } = this.schedule;
    out.uint(startsAt === null ? 0 : startsAt + 1).uint(this.endsAt);
    out.uint(this.sealed ? SEALED : ended ? ENDED : 0).uint(pauses.length);
    for (const { fromAt, untilAt } of pauses) out.uint(fromAt).uint(untilAt === null ? 0 : untilAt + 1);
  }

  static read(windowMs: number, from: ByteReader): WindowSchedule {
    const out = new WindowSchedule(windowMs);
    const start = from.uint();
    const startsAt = start === 0 ? null : start - 1;
    const end = from.uint();
    const phase = from.uint();
    out.sealed = phase === SEALED;
    const pauses: Pause[] = [];
    for (let n = from.uint(); n > 0; n--) {
      const fromAt = from.uint();
      const until = from.uint();
      pauses.push({ fromAt, untilAt: until === 0 ? null : until - 1 });
    }
    const endsAt = startsAt === null ? null : end;
    out.replaceSchedule(
      new GameSchedule({ windowMs, startsAt, endsAt, pauses, ended: phase !== 0, sealedAt: null }),
    );
    return out;
  }
}

/** How far the game has come, in the stored form; 0: it has not ended. Versions that ignore `ENDED` read it as 0. */
const SEALED = 1;
const ENDED = 2;

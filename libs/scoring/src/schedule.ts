import type { GameEvent } from '#contracts';
import type { ByteReader, ByteWriter } from './bytes.js';

/** Which windows of a game count. All bounds are epoch ms on window boundaries. */
export class WindowSchedule {
  startsAt: number | null = null;
  endsAt = 0;
  sealed = false;
  /** Ascending; `untilAt` is null while the pause lasts. */
  private readonly pauses: { fromAt: number; untilAt: number | null }[] = [];

  constructor(readonly windowMs: number) {}

  /** The first window whose pay the event can change by moving a bound; null if none. Ask before `apply`. */
  firstAffected(event: GameEvent): number | null {
    switch (event.type) {
      case 'dev.payday.game.scheduled':
        return 0;
      case 'dev.payday.game.paused':
        return this.indexOf(event.data.fromAt);
      case 'dev.payday.game.resumed': {
        // While a pause lasts, all windows from its beginning on count as paused.
        const pausedFrom = this.openPause?.fromAt ?? event.data.fromAt;
        return this.indexOf(Math.min(pausedFrom, this.endsAt, event.data.endsAt));
      }
      case 'dev.payday.game.ended':
        return this.indexOf(Math.min(this.endsAt, event.data.endsAt));
      default:
        return null;
    }
  }

  apply(event: GameEvent): void {
    switch (event.type) {
      case 'dev.payday.game.scheduled':
        this.startsAt = event.data.startsAt;
        this.endsAt = event.data.endsAt;
        break;
      case 'dev.payday.game.paused':
        if (!this.openPause) this.pauses.push({ fromAt: event.data.fromAt, untilAt: null });
        break;
      case 'dev.payday.game.resumed':
        if (this.openPause) this.openPause.untilAt = event.data.fromAt;
        this.endsAt = event.data.endsAt;
        break;
      case 'dev.payday.game.ended':
        this.endsAt = event.data.endsAt;
        break;
      default:
    }
  }

  private get openPause(): { fromAt: number; untilAt: number | null } | undefined {
    const last = this.pauses.at(-1);
    return last?.untilAt === null ? last : undefined;
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

  isPaused(index: number): boolean {
    const at = this.startOf(index);
    return this.pauses.some((pause) => at >= pause.fromAt && (pause.untilAt === null || at < pause.untilAt));
  }

  write(out: ByteWriter): void {
    out
      .uint(this.startsAt === null ? 0 : this.startsAt + 1)
      .uint(this.endsAt)
      .uint(this.sealed ? 1 : 0);
    out.uint(this.pauses.length);
    for (const pause of this.pauses)
      out.uint(pause.fromAt).uint(pause.untilAt === null ? 0 : pause.untilAt + 1);
  }

  static read(windowMs: number, from: ByteReader): WindowSchedule {
    const out = new WindowSchedule(windowMs);
    const startsAt = from.uint();
    out.startsAt = startsAt === 0 ? null : startsAt - 1;
    out.endsAt = from.uint();
    out.sealed = from.uint() === 1;
    for (let n = from.uint(); n > 0; n--) {
      const fromAt = from.uint();
      const untilAt = from.uint();
      out.pauses.push({ fromAt, untilAt: untilAt === 0 ? null : untilAt - 1 });
    }
    return out;
  }
}

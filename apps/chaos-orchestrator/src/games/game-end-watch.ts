import { Inject, Injectable } from '@nestjs/common';
import type { Clock, Timers } from '#kernel';
import { CLOCK } from '#runtime';
import { FaultSupervisor } from '../faults/fault-supervisor.js';
import { TIMERS } from '../faults/tokens.js';
import { isOver, type GameView } from './game-view.js';

/** Stops every fault of a game at its end, once. */
@Injectable()
export class GameEndWatch {
  private readonly timers = new Map<string, () => void>();
  private readonly ended = new Set<string>();

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TIMERS) private readonly delays: Timers,
    @Inject(FaultSupervisor) private readonly supervisor: FaultSupervisor,
  ) {}

  /** Call it with each new view of a game. */
  update(view: GameView): void {
    const { gameId } = view;
    this.timers.get(gameId)?.();
    this.timers.delete(gameId);
    const nowMs = this.clock.nowMs();
    if (!isOver(view, nowMs)) {
      const { endsAt, pauses } = view.schedule;
      if (endsAt === null || pauses.at(-1)?.untilAt === null) return;
      this.timers.set(
        gameId,
        this.delays.after(endsAt - nowMs, () => this.update(view)),
      );
    } else if (!this.ended.has(gameId)) {
      this.ended.add(gameId);
      this.supervisor.stop({ gameId }, 'the game ended');
    }
  }

  close(): void {
    for (const cancel of this.timers.values()) cancel();
  }
}

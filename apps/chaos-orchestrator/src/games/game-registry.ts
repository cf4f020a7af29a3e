import { Injectable } from '@nestjs/common';
import type { GameEvent } from '#contracts';
import { PaydayError } from '#kernel';
import { applyToView, type GameView } from './game-view.js';

/** All games, folded from their events. */
@Injectable()
export class GameRegistry {
  private readonly views = new Map<string, GameView>();

  /** Whether an event of a fault is news. Call it once per event. Faults of a game that is not known yet always are. */
  recordFaultEvent(event: GameEvent): boolean {
    return this.views.get(event.subject)?.game.apply(event) ?? true;
  }

  /** @returns the changed view; null: the event changes nothing. @throws PaydayError if it is invalid in this state */
  apply(event: GameEvent): GameView | null {
    const before = this.views.get(event.subject) ?? null;
    const view = applyToView(before, event);
    if (view === null || view === before) return null;
    this.views.set(event.subject, view);
    return view;
  }

  find(gameId: string): GameView | undefined {
    return this.views.get(gameId);
  }

  /** @throws PaydayError `unknown_game` */
  get(gameId: string): GameView {
    const view = this.views.get(gameId);
    if (view === undefined) throw new PaydayError('unknown_game', `There is no game "${gameId}".`);
    return view;
  }

  /** In the order of creation. */
  all(): Iterable<GameView> {
    return this.views.values();
  }

  /** The id of the game that was created last; null: there is none. */
  get newestId(): string | null {
    return [...this.views.keys()].at(-1) ?? null;
  }
}

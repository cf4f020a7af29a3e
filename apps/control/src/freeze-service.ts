import { Inject, Injectable } from '@nestjs/common';
import { assertRevealable, assertThawable, planFreeze } from '#game';
import type { Clock } from '#kernel';
import { type AuditActor, GameStore } from '#persistence';
import { CLOCK } from '#runtime';
import { type ChangedGame, GameChanges, gameTimes } from './game-changes.js';
import { CONTROL_OPTIONS, type ControlOptions } from './options.js';

/** What the public may see, and since when: freeze, thaw and reveal. Scoring is not affected. */
@Injectable()
export class FreezeService {
  constructor(
    @Inject(GameChanges) private readonly changes: GameChanges,
    @Inject(GameStore) private readonly store: GameStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONTROL_OPTIONS) private readonly options: ControlOptions,
  ) {}

  /**
   * Hides score changes from the public, from a window boundary at least `leadMs` ahead. Repeatable.
   * @param notBeforeAt the boundary that was planned, epoch ms
   * @throws PaydayError `unknown_game`, `wrong_state`, `game_over`
   */
  async freeze(gameId: string, actor: AuditActor, notBeforeAt = 0): Promise<ChangedGame> {
    return this.changes.change(gameId, actor, async (game, manager) => {
      if (game.frozenAt !== null) return { since: game.frozenAt };
      const times = await gameTimes(this.store, game, manager);
      const { leadMs } = this.options;
      const fromAt = planFreeze(times, Math.max(this.clock.nowMs(), notBeforeAt - leadMs), leadMs);
      await this.store.update(manager, gameId, { frozenAt: fromAt, wasFrozen: true });
      return {
        action: 'game.frozen',
        effectiveAt: fromAt,
        events: [{ type: 'dev.payday.game.frozen', data: { fromAt } }],
      };
    });
  }

  /**
   * Takes a freeze back, at once: the public sees everything again.
   * @throws PaydayError `unknown_game`; `wrong_state` if it isn't frozen, or is sealed: then it can only be revealed
   */
  async thaw(gameId: string, actor: AuditActor): Promise<ChangedGame> {
    return this.changes.change(gameId, actor, async (game, manager) => {
      assertThawable(game);
      await this.store.update(manager, gameId, { frozenAt: null });
      const at = this.clock.nowMs();
      return {
        action: 'game.thawed',
        effectiveAt: at,
        events: [{ type: 'dev.payday.game.thawed', data: { at } }],
      };
    });
  }

  /**
   * The ceremony: shows the public the final standings at once. Repeatable.
   * @throws PaydayError `unknown_game`; `wrong_state` if it isn't sealed yet, or hides nothing
   */
  async reveal(gameId: string, actor: AuditActor): Promise<ChangedGame> {
    return this.changes.change(gameId, actor, async (game, manager) => {
      if (game.revealedAt !== null) return { since: game.revealedAt };
      assertRevealable(game);
      const revealedAt = this.clock.nowMs();
      await this.store.update(manager, gameId, { revealedAt });
      return {
        action: 'game.revealed',
        effectiveAt: revealedAt,
        events: [{ type: 'dev.payday.game.revealed', data: { revealedAt } }],
      };
    });
  }
}

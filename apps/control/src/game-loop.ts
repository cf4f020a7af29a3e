import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { resultsDueWithinMs } from '#contracts';
import { scheduledFreezeAt } from '#game';
import type { Clock } from '#kernel';
import { type GameEntity, GameStore } from '#persistence';
import { CLOCK, LOGGER, type Logger } from '#runtime';
import { systemActor } from './actor.js';
import { FreezeService } from './freeze-service.js';
import { GameService } from './game-service.js';
import { CONTROL_OPTIONS, type ControlOptions } from './options.js';

const SCHEDULE = systemActor('schedule');

/**
 * Everything that is due by time: the heartbeat of every running game, the freeze that the scenario sets, the end of a game
 * whose time is over, its sealing once everything is scored, and the reveal. Several processes may run it at once: every step
 * locks the game and takes effect once.
 *
 * The process starts it after it has recovered from outages (`GameService.recoverAfterOutage`).
 */
@Injectable()
export class GameLoop implements OnApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private busy = false;
  private lastHeartbeatAt = -Infinity;
  /** When this process first saw that a game is over, in ms of the monotonic clock. */
  private readonly overSinceMs = new Map<string, number>();

  constructor(
    @Inject(GameService) private readonly games: GameService,
    @Inject(FreezeService) private readonly freezes: FreezeService,
    @Inject(GameStore) private readonly store: GameStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONTROL_OPTIONS) private readonly options: ControlOptions,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => {
      if (this.busy) return;
      this.running = this.tick();
    }, this.options.pollMs);
  }

  /** One round, which tests call directly. A failure for one game does not delay the others, and is retried. */
  async tick(): Promise<void> {
    this.busy = true;
    try {
      const nowMs = this.clock.nowMs();
      const beats = nowMs - this.lastHeartbeatAt >= this.options.heartbeatMs;
      if (beats) this.lastHeartbeatAt = nowMs;
      for (const game of await this.store.unfinished()) {
        try {
          await this.checkGame(game, nowMs, beats);
        } catch (err) {
          this.logger.warn({ err, gameId: game.id }, 'what is due in a game could not be done; trying again');
        }
      }
    } catch (err) {
      this.logger.warn({ err }, 'the games could not be looked at; trying again');
    } finally {
      this.busy = false;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    await this.running;
  }

  private async checkGame(game: GameEntity, nowMs: number, beats: boolean): Promise<void> {
    switch (game.state) {
      case 'running':
      case 'paused':
        if (beats) await this.games.touchAlive(game.id, nowMs);
        await this.freezeIfDue(game, nowMs);
        if (game.state === 'running' && game.endsAt !== null && game.endsAt <= nowMs)
          await this.games.end(game.id, SCHEDULE);
        return;
      case 'ended':
        if (game.sealedAt === null) return this.sealIfDue(game, nowMs);
        return this.store.markSealed(game.id);
      case 'sealed':
        return this.revealIfDue(game, nowMs);
      case 'lobby':
    }
  }

  /** A little ahead of the boundary, so that every service receives it in time. */
  private async freezeIfDue(game: GameEntity, nowMs: number): Promise<void> {
    const { freezeAtMs, pay } = game.scenario;
    const { startsAt, endsAt } = game;
    if (freezeAtMs === undefined || game.wasFrozen || startsAt === null || endsAt === null) return;
    const pauses = await this.store.pauses(game.id);
    const dueAt = scheduledFreezeAt({ windowMs: pay.windowMs, startsAt, endsAt, pauses }, freezeAtMs);
    const aheadMs = this.options.leadMs + 4 * this.options.pollMs;
    if (dueAt === null || dueAt >= endsAt || nowMs < dueAt - aheadMs) return;
    await this.freezes.freeze(game.id, SCHEDULE, dueAt);
  }

  /**
   * Waits for results that were in flight at the end: until all are complete by watermark, or until the last of them has had
   * time to arrive (`resultsDueWithinMs`), because a dead prober must not hold the ledger open indefinitely. The scorer scores
   * what was acknowledged by then before it seals (docs/scoring.md, "How a game is sealed").
   */
  private async sealIfDue(game: GameEntity, nowMs: number): Promise<void> {
    if (game.endsAt === null || game.endsAt > nowMs) return;
    const monotonicMs = this.clock.monotonicMs();
    const since = this.overSinceMs.get(game.id) ?? monotonicMs;
    this.overSinceMs.set(game.id, since);
    const isOver = monotonicMs - since >= resultsDueWithinMs(game.scenario);
    if (!isOver && (await this.store.teamsBehind(game.id, game.endsAt)) > 0) return;
    await this.games.seal(game.id, SCHEDULE);
    this.overSinceMs.delete(game.id);
  }

  private async revealIfDue(game: GameEntity, nowMs: number): Promise<void> {
    const revealAfterMs = game.scenario.ceremony?.revealAfterMs ?? null;
    if (game.frozenAt === null || revealAfterMs === null || nowMs < game.sealedAt! + revealAfterMs) return;
    await this.freezes.reveal(game.id, SCHEDULE);
  }
}

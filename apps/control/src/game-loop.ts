import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Clock } from '#kernel';
import { GameStore } from '#persistence';
import { CLOCK, LOGGER, type Logger } from '#runtime';
import { GameService } from './game-service.js';
import { CONTROL_OPTIONS, type ControlOptions } from './options.js';

/**
 * What happens by itself: the heartbeat of every game that runs, and the end of a game whose time is over.
 * Started by whoever composes the process, once outages were recovered from (`GameService.recoverAfterOutage`).
 */
@Injectable()
export class GameLoop implements OnApplicationShutdown {
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #busy = false;

  constructor(
    @Inject(GameService) private readonly games: GameService,
    @Inject(GameStore) private readonly store: GameStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONTROL_OPTIONS) private readonly options: ControlOptions,
  ) {}

  start(): void {
    this.#timer ??= setInterval(() => {
      if (this.#busy) return;
      this.#running = this.tick().catch((err: unknown) => {
        this.logger.warn({ err }, 'the heartbeat of the games could not be written');
      });
    }, this.options.heartbeatMs);
  }

  /** One round: also what tests call. */
  async tick(): Promise<void> {
    this.#busy = true;
    try {
      const now = this.clock.nowMs();
      for (const game of await this.store.inStates(['running', 'paused'])) {
        await this.games.touchAlive(game.id, now);
        if (game.state === 'running' && game.endsAt !== null && game.endsAt <= now)
          await this.games.end(game.id);
      }
    } finally {
      this.#busy = false;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#running;
  }
}

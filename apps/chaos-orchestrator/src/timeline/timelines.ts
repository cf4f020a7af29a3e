import { Inject, Injectable } from '@nestjs/common';
import { PaydayError, type Clock, type Timers } from '#kernel';
import { CLOCK, type Logger } from '#runtime';
import { FaultChanges } from '../faults/fault-changes.js';
import { FaultSupervisor } from '../faults/fault-supervisor.js';
import { TIMERS } from '../faults/tokens.js';
import { ChangeFeed } from '../games/change-feed.js';
import { GameRegistry } from '../games/game-registry.js';
import { isOver, type GameView } from '../games/game-view.js';
import { ServiceStatuses } from '../games/service-statuses.js';
import { CHAOS_STORE, type ChaosStore, type Recovered } from '../store/store.js';
import { CHAOS_LOGGER, ChaosMetrics } from '../telemetry.js';
import { EntryPlanner } from './entry-planner.js';
import { GameTimeline, type TimelineParts } from './game-timeline.js';

type Known = Pick<Recovered, 'doneEntries' | 'heldGames'>;

/** The timelines of all games. */
@Injectable()
export class Timelines {
  private readonly byGame = new Map<string, GameTimeline>();
  private readonly parts: TimelineParts;
  private known: Known = { doneEntries: [], heldGames: [] };

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TIMERS) timers: Timers,
    @Inject(CHAOS_LOGGER) logger: Logger,
    @Inject(CHAOS_STORE) store: ChaosStore,
    @Inject(GameRegistry) private readonly games: GameRegistry,
    @Inject(FaultSupervisor) supervisor: FaultSupervisor,
    @Inject(EntryPlanner) planner: EntryPlanner,
    @Inject(ServiceStatuses) statuses: ServiceStatuses,
    @Inject(ChaosMetrics) metrics: ChaosMetrics,
    @Inject(ChangeFeed) feed: ChangeFeed,
    @Inject(FaultChanges) changes: FaultChanges,
  ) {
    this.parts = { clock, timers, logger, store, supervisor, planner, statuses, metrics, feed };
    changes.ended.subscribe((gameId) => this.byGame.get(gameId)?.faultEnded());
  }

  /** Sets what an earlier process did. Call it before the first `update`. */
  restore(known: Known): void {
    this.known = known;
  }

  /** Starts or continues a game's timeline with its new view. */
  update(view: GameView): void {
    const { gameId } = view;
    let timeline = this.byGame.get(gameId);
    if (timeline === undefined) {
      const done = this.known.doneEntries.filter((entry) => entry.gameId === gameId);
      const held = this.known.heldGames.includes(gameId);
      timeline = new GameTimeline(view, { done, held }, this.parts);
      this.byGame.set(gameId, timeline);
    }
    timeline.view = view;
    void timeline.advance();
  }

  /** Re-evaluates a game's conditions. */
  advance(gameId: string): void {
    void this.byGame.get(gameId)?.advance();
  }

  /** @throws PaydayError `unknown_game`; `wrong_state` if the game is over */
  get(gameId: string): GameTimeline {
    const view = this.games.get(gameId);
    const timeline = this.byGame.get(gameId);
    if (timeline === undefined || isOver(view, this.clock.nowMs()))
      throw new PaydayError('wrong_state', `The game ${gameId} is over.`);
    return timeline;
  }

  /** The timelines of games that are not over. @param gameId only of this game; undefined: of every game */
  open(gameId: string | undefined): GameTimeline[] {
    const nowMs = this.clock.nowMs();
    return [...this.byGame.values()].filter(
      ({ view }) => (gameId ?? view.gameId) === view.gameId && !isOver(view, nowMs),
    );
  }

  close(): void {
    for (const timeline of this.byGame.values()) timeline.close();
  }
}

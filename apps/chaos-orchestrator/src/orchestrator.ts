import { Inject, Injectable } from '@nestjs/common';
import type { GameEvent, TeamScore } from '#contracts';
import { messageOf } from '#kernel';
import type { Logger } from '#runtime';
import { CommandBus } from './commands/command-bus.js';
import { MAX_CACHED_COMMANDS } from './commands/idempotency-store.js';
import { FaultChanges } from './faults/fault-changes.js';
import { FaultLog } from './faults/fault-log.js';
import { FaultSupervisor, RECENT_FAULTS } from './faults/fault-supervisor.js';
import { GameEndWatch } from './games/game-end-watch.js';
import { GameRegistry } from './games/game-registry.js';
import type { GameView } from './games/game-view.js';
import { ServiceStatuses } from './games/service-statuses.js';
import { CHAOS_STORE, type ChaosStore } from './store/store.js';
import { CHAOS_LOGGER, ChaosMetrics } from './telemetry.js';
import { EntryPlanner } from './timeline/entry-planner.js';
import { Timelines } from './timeline/timelines.js';

/**
 * Starts and stops the orchestrator: it runs every game's timeline, carries out facilitators' commands, and drives every fault
 * to its end.
 *
 * Call `handle` with all game events from the beginning of the log, and `observe` with scores; when the events have caught
 * up, call `start`, which takes over from an earlier process and begins to act. Only one orchestrator at a time may act on a
 * database: do not start a standby before the first is known to be dead.
 */
@Injectable()
export class Orchestrator {
  private starting: Promise<void> | undefined;
  private started = false;
  private closed = false;

  constructor(
    @Inject(CHAOS_LOGGER) private readonly logger: Logger,
    @Inject(CHAOS_STORE) private readonly store: ChaosStore,
    @Inject(GameRegistry) private readonly games: GameRegistry,
    @Inject(ServiceStatuses) private readonly statuses: ServiceStatuses,
    @Inject(FaultChanges) private readonly changes: FaultChanges,
    @Inject(FaultSupervisor) private readonly supervisor: FaultSupervisor,
    @Inject(FaultLog) private readonly faultLog: FaultLog,
    @Inject(EntryPlanner) private readonly planner: EntryPlanner,
    @Inject(Timelines) private readonly timelines: Timelines,
    @Inject(GameEndWatch) private readonly endWatch: GameEndWatch,
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(ChaosMetrics) metrics: ChaosMetrics,
  ) {
    metrics.gaugeFaults(() => supervisor.list());
  }

  /** Takes a game event, at least once and in order. Never rejects: an invalid event is logged and ignored. */
  async handle(event: GameEvent): Promise<void> {
    if (event.type === 'dev.payday.fault.changed') {
      if (!this.games.recordFaultEvent(event)) return;
      return this.changes.observe(event.subject, event.data.fault, event.time);
    }
    let view: GameView | null;
    try {
      view = this.games.apply(event);
      if (view === null) return;
      if (event.type === 'dev.payday.game.created') this.planner.warnOfInvalidEntries(view);
    } catch (error) {
      this.logger.error({ err: error, event }, `game event ignored: ${messageOf(error)}`);
      return;
    }
    if (this.started) this.update(view);
  }

  /** Takes a team's latest score: conditions of timelines depend on which services are up. */
  observe(score: TeamScore): void {
    if (this.statuses.observe(score)) this.timelines.advance(score.gameId);
  }

  /**
   * Takes over the unfinished faults of an earlier process, then runs the timelines. May be repeated.
   * Rejects if the store can't be read; call it again then.
   */
  start(): Promise<void> {
    this.starting ??= this.takeOver().catch((error: unknown) => {
      this.starting = undefined;
      throw error;
    });
    return this.starting;
  }

  /** Stops acting. Faults keep their state; the next process continues with them. */
  async close(): Promise<void> {
    this.closed = true;
    this.commands.close();
    this.timelines.close();
    this.endWatch.close();
    this.supervisor.close();
    await this.faultLog.close();
  }

  private async takeOver(): Promise<void> {
    const recovered = await this.store.recover({ faults: RECENT_FAULTS, commands: MAX_CACHED_COMMANDS });
    if (this.closed) return;
    this.started = true;
    this.timelines.restore(recovered);
    this.supervisor.restore(recovered);
    for (const view of this.games.all()) this.update(view);
    this.commands.open(recovered);
  }

  private update(view: GameView): void {
    if (this.closed) return;
    this.timelines.update(view);
    this.endWatch.update(view);
  }
}

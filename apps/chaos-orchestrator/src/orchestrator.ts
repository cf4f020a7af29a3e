import type { FaultInfo, GameEvent, TeamScore } from '#contracts';
import {
  DEFAULT_POLICY,
  DriverRegistry,
  chaosReport,
  expectedMoney,
  type ChaosReport,
  type ExpectedMoney,
  type Fault,
  type FaultDriver,
  type FaultTarget,
  type LifeCyclePolicy,
} from '#faults';
import { PaydayError, messageOf, type Clock, type Timers } from '#kernel';
import type { Logger } from '#runtime';
import type { Registry } from 'prom-client';
import { CommandHandlers } from './commands/command-handlers.js';
import { MAX_CACHED_COMMANDS } from './commands/idempotency-store.js';
import { FaultSupervisor, RECENT_FAULTS } from './fault-supervisor.js';
import type { RunnerParts } from './fault-runner.js';
import { GameTimeline } from './game-timeline.js';
import { applyToView, isOver, standingsOf, type GameView } from './game-view.js';
import { ChaosMetrics } from './metrics.js';
import type { ChaosStore, Recovered } from './store.js';
import { ServiceStatuses } from './service-statuses.js';
import { FaultLog } from './fault-log.js';

/** The injection token of `ChaosCommands`. */
export const CHAOS_COMMANDS = Symbol('ChaosCommands');

/** How teams can be reached. The launcher knows it for sandbox teams. */
export interface FaultTargets {
  /** Null: there is no way to break this team's services. Asked at each call, so it may change. */
  targetOf(gameId: string, teamId: string): FaultTarget | null;
}

export interface OrchestratorParts {
  clock: Clock;
  timers: Timers;
  logger: Logger;
  metrics: Registry;
  store: ChaosStore;
  targets: FaultTargets;
  drivers: readonly FaultDriver[];
  policy?: LifeCyclePolicy;
}

/**
 * Runs every game's timeline, carries out facilitators' commands (`commands`), and drives every fault to its end.
 *
 * Feed `handle` with all game events from the beginning of the log, and `observe` with scores; when the events have caught
 * up, call `start`: it takes up what an earlier process left and acts from then on. One orchestrator at a time may act on a
 * database: where there is a second one in reserve, it must not be started before the first is known to be dead.
 */
export class Orchestrator {
  private readonly views = new Map<string, GameView>();
  private readonly seen = new Map<string, number>();
  private readonly timelines = new Map<string, GameTimeline>();
  private readonly over = new Set<string>();
  private readonly endTimers = new Map<string, () => void>();
  private readonly statuses = new ServiceStatuses();
  private recovered: Recovered | undefined;
  private starting: Promise<void> | undefined;
  private closed = false;
  private readonly registry: DriverRegistry;
  private readonly metrics: ChaosMetrics;
  private readonly faultLog: FaultLog;
  private readonly supervisor: FaultSupervisor;
  readonly commands: CommandHandlers;

  constructor(private readonly parts: OrchestratorParts) {
    const { clock, timers, logger, store, targets, policy } = parts;
    this.registry = new DriverRegistry(parts.drivers);
    this.metrics = new ChaosMetrics(parts.metrics, () => this.list());
    this.faultLog = new FaultLog({ store, timers, logger });
    const runnerParts: RunnerParts = {
      clock,
      timers,
      drivers: this.registry,
      policy: policy ?? DEFAULT_POLICY,
      targetOf: (gameId, teamId) => targets.targetOf(gameId, teamId),
      worthUntil: (fault, atMs) => this.worthUntil(fault, atMs),
      write: (fault, events) => this.faultLog.write(fault, events),
      onState: (gameId, info) => this.onState(gameId, info),
    };
    this.supervisor = new FaultSupervisor(runnerParts);
    this.commands = new CommandHandlers({
      ...{ clock, timers, logger, store, metrics: this.metrics },
      supervisor: this.supervisor,
      drivers: this.registry,
      flushed: () => this.faultLog.flushed(),
      targetOf: runnerParts.targetOf,
      viewOf: (gameId) => this.views.get(gameId),
      timelines: () => this.timelines.values(),
      timelineOf: (gameId) => this.timelines.get(gameId),
      adopt: (...injection) => this.adopt(...injection),
    });
  }

  /** The fault kinds that there is a driver for, sorted: what a scenario may use. */
  get kinds(): string[] {
    return this.registry.kinds;
  }

  /** Takes a game event, at least once and in order. Never rejects: an event that makes no sense is logged and passed over. */
  async handle(event: GameEvent): Promise<void> {
    const key = `${event.source} ${event.subject}`;
    if (event.sequence <= (this.seen.get(key) ?? 0)) return;
    this.seen.set(key, event.sequence);
    const gameId = event.subject;
    if (event.type === 'dev.payday.fault.changed') {
      this.supervisor.observe(gameId, event.data.fault, event.time);
      return;
    }
    const before = this.views.get(gameId) ?? null;
    try {
      const view = applyToView(before, event);
      if (view === null || view === before) return;
      this.views.set(gameId, view);
      if (event.type === 'dev.payday.game.created') this.checkTimeline(view);
    } catch (error) {
      this.parts.logger.error({ err: error, event }, `game event passed over: ${messageOf(error)}`);
      return;
    }
    if (this.recovered !== undefined) this.onView(gameId);
  }

  /** Takes a team's latest score: conditions of timelines look at which services are up. */
  observe(score: TeamScore): void {
    if (this.statuses.observe(score)) void this.timelines.get(score.gameId)?.advance();
  }

  /**
   * Takes up the unfinished faults of an earlier process, then runs the timelines. Repeatable.
   * Rejects if the store can't be read; call it again then.
   */
  start(): Promise<void> {
    this.starting ??= this.takeUp().catch((error: unknown) => {
      this.starting = undefined;
      throw error;
    });
    return this.starting;
  }

  /** Faults that may act, then the latest reverted ones, newest first; armed ones are nobody's business yet. */
  list(): FaultInfo[] {
    const open = this.supervisor.openFaults().filter(({ info }) => info.state !== 'armed');
    return [...open, ...this.supervisor.recentFaults()].map(({ info }) => info);
  }

  /** How much chaos each team of a game had. @throws PaydayError `unknown_game` */
  report(gameId: string): ChaosReport {
    const view = this.views.get(gameId);
    if (view === undefined) throw new PaydayError('unknown_game', `There is no game "${gameId}".`);
    return chaosReport(
      this.supervisor.history(gameId).courses(),
      standingsOf(view),
      this.parts.clock.nowMs(),
    );
  }

  /** The id of the game that was created last; null: there is none. */
  get newestGameId(): string | null {
    return [...this.views.keys()].at(-1) ?? null;
  }

  /** Stops acting. Faults stay as they are; the next process goes on with them. */
  async close(): Promise<void> {
    this.closed = true;
    this.commands.close();
    for (const timeline of this.timelines.values()) timeline.close();
    for (const cancel of this.endTimers.values()) cancel();
    this.supervisor.close();
    await this.faultLog.close();
  }

  private async takeUp(): Promise<void> {
    const recovered = await this.parts.store.recover({
      faults: RECENT_FAULTS,
      commands: MAX_CACHED_COMMANDS,
    });
    if (this.closed) return;
    this.recovered = recovered;
    this.supervisor.restore(recovered);
    for (const fault of recovered.unfinished) this.takeUpFault(fault);
    for (const gameId of this.views.keys()) this.onView(gameId);
    this.commands.open(recovered);
  }

  private takeUpFault(fault: Fault): void {
    const { state } = fault.info;
    const isRunning = this.views.get(fault.gameId)?.schedule.stateAt(this.parts.clock.nowMs()) === 'running';
    // What had no certain effect yet must not strike now that the game stands still or is over.
    if (!isRunning && (state === 'armed' || state === 'firing'))
      this.supervisor.resume(fault, { type: 'stop-requested', reason: 'the game stood still' });
    else this.supervisor.resume(fault, { type: state === 'armed' ? 'tick' : 'restarted' });
  }

  /** Takes up faults that were stored although storing them seemed to fail. */
  private async adopt(gameId: string, injectionId: string): Promise<void> {
    for (const fault of await this.parts.store.unfinishedOf(gameId, injectionId)) this.takeUpFault(fault);
  }

  /** The view of a game is new or has changed. */
  private onView(gameId: string): void {
    if (this.closed) return;
    const view = this.views.get(gameId)!;
    let timeline = this.timelines.get(gameId);
    if (timeline === undefined) {
      timeline = this.makeTimeline(view);
      this.timelines.set(gameId, timeline);
    }
    timeline.view = view;
    void timeline.advance();
    this.watchEnd(gameId, view);
  }

  /** Stops every fault of a game at its end, once. */
  private watchEnd(gameId: string, view: GameView): void {
    this.endTimers.get(gameId)?.();
    this.endTimers.delete(gameId);
    const nowMs = this.parts.clock.nowMs();
    if (!isOver(view, nowMs)) {
      const { endsAt, pauses } = view.schedule;
      if (endsAt === null || pauses.at(-1)?.untilAt === null) return;
      const cancel = this.parts.timers.after(endsAt - nowMs, () => this.watchEnd(gameId, view));
      this.endTimers.set(gameId, cancel);
    } else if (!this.over.has(gameId)) {
      this.over.add(gameId);
      this.supervisor.stop({ gameId }, 'the game ended');
    }
  }

  /** What a fault was worth up to a time at which somebody stops it; pauses of the game cost nothing. */
  private worthUntil({ gameId, info, params }: Fault, atMs: number): ExpectedMoney | undefined {
    const view = this.views.get(gameId);
    const fromMs = view?.schedule.toGameTime(info.startedAt) ?? null;
    const untilMs = view?.schedule.toGameTime(atMs) ?? null;
    if (view === undefined || fromMs === null || untilMs === null) return undefined;
    const { kind, serviceId, scoring } = info;
    const ttlMs = Math.max(0, untilMs - fromMs);
    return expectedMoney(view.scenario, { kind, params, serviceId, scoring, fromMs, ttlMs });
  }

  private makeTimeline(view: GameView): GameTimeline {
    const { gameId } = view;
    const { doneEntries = [], heldGames = [] } = this.recovered ?? {};
    const known = {
      done: doneEntries.filter((entry) => entry.gameId === gameId),
      held: heldGames.includes(gameId),
    };
    const timeline: GameTimeline = new GameTimeline(view, known, {
      ...this.parts,
      drivers: this.registry,
      supervisor: this.supervisor,
      targetOf: (...team) => this.parts.targets.targetOf(...team),
      servicesOf: (...team) => this.statuses.servicesOf(...team),
      adopt: (...injection) => this.adopt(...injection),
      onEntry: (entry, outcome) => this.metrics.entry(entry.type, outcome),
      onChange: () => this.commands.emit(() => ({ type: 'timeline', gameId, timeline: timeline.describe() })),
    });
    return timeline;
  }

  private onState(gameId: string, info: FaultInfo): void {
    this.metrics.state(info);
    this.supervisor.observe(gameId, info, this.parts.clock.nowMs());
    const { id, state, detail } = info;
    const level = state === 'stuck' ? 'error' : 'info';
    this.parts.logger[level]({ faultId: id, state, detail }, `fault ${id} is ${state}`);
    this.commands.emit(() => ({ type: 'fault', gameId, info }));
    if (state === 'reverted') this.timelines.get(gameId)?.faultEnded();
  }

  /** Says at the beginning of a game, not in the middle of it, what its timeline can't do. */
  private checkTimeline({ gameId, scenario }: GameView): void {
    for (const entry of scenario.timeline) {
      if (entry.type !== 'fault') continue;
      try {
        this.registry.driverFor(entry.kind).checkParams(entry.kind, entry.params);
      } catch (error) {
        const message = `timeline entry ${entry.id} will be skipped: ${messageOf(error)}`;
        this.parts.logger.error({ gameId, entryId: entry.id }, message);
      }
    }
  }
}

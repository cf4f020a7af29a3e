import type { FaultInfo, GameEvent } from '#contracts';
import {
  DEFAULT_POLICY,
  DriverRegistry,
  type Fault,
  type FaultDriver,
  type FaultTarget,
  type LifeCyclePolicy,
} from '#faults';
import { messageOf, type Clock } from '#kernel';
import type { Logger } from '#runtime';
import type { Registry } from 'prom-client';
import { FaultRunner, type RunnerParts } from './fault-runner.js';
import { GameTimeline } from './game-timeline.js';
import { applyToView, isOver, type GameView } from './game-view.js';
import { ChaosMetrics } from './metrics.js';
import type { ChaosStore, Recovered } from './store.js';
import type { Timers } from './timers.js';
import { Writer } from './writer.js';

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

/** Which faults: one, those of one injection, those of one game, or (empty) all. */
export interface FaultSelector {
  gameId?: string;
  injectionId?: string;
  faultId?: string;
}

export interface StopReport {
  /** Faults that are verified gone. */
  verified: FaultInfo[];
  /** Faults that could not be verified in time; the orchestrator goes on trying. */
  unverified: FaultInfo[];
}

/** How many reverted faults are remembered for `list`. */
const RECENT_FAULTS = 200;

/**
 * Runs every game's timeline and drives every fault to its end.
 *
 * Feed `handle` with all game events from the beginning of the log; when it has caught up, call `start`: it takes up what
 * an earlier process left and acts from then on.
 */
export class Orchestrator {
  private readonly views = new Map<string, GameView>();
  private readonly seen = new Map<string, number>();
  private readonly timelines = new Map<string, GameTimeline>();
  private readonly runners = new Map<string, FaultRunner>();
  private readonly over = new Set<string>();
  private readonly endTimers = new Map<string, () => void>();
  private recent: FaultInfo[] = [];
  private recovered: Recovered | undefined;
  private starting: Promise<void> | undefined;
  private closed = false;
  private readonly registry: DriverRegistry;
  private readonly metrics: ChaosMetrics;
  private readonly writer: Writer;
  private readonly runnerParts: RunnerParts;

  constructor(private readonly parts: OrchestratorParts) {
    const { clock, timers, logger, store, targets, policy } = parts;
    this.registry = new DriverRegistry(parts.drivers);
    this.metrics = new ChaosMetrics(parts.metrics, () => this.list());
    this.writer = new Writer({ store, timers, logger });
    this.runnerParts = {
      clock,
      timers,
      drivers: this.registry,
      policy: policy ?? DEFAULT_POLICY,
      targetOf: (gameId, teamId) => targets.targetOf(gameId, teamId),
      write: (fault, events) => this.writer.write(fault, events),
      onState: (info) => this.onState(info),
    };
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
    const open = [...this.runners.values()].map(({ info }) => info).filter(({ state }) => state !== 'armed');
    return [...open.sort((a, b) => b.startedAt - a.startedAt), ...this.recent];
  }

  /** Stops faults, and reports after at most `withinMs` which are verified gone. A driver that hangs delays only the report. */
  async stopFaults(selector: FaultSelector, reason: string, withinMs = 2_000): Promise<StopReport> {
    const chosen = [...this.runners.values()].filter(
      ({ fault, info }) =>
        (selector.gameId === undefined || selector.gameId === fault.gameId) &&
        (selector.injectionId === undefined || selector.injectionId === info.injectionId) &&
        (selector.faultId === undefined || selector.faultId === info.id),
    );
    for (const runner of chosen) runner.give({ type: 'stop-requested', reason });
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => (cancel = this.parts.timers.after(withinMs, resolve)));
    await Promise.race([Promise.all(chosen.map(({ ended }) => ended)), late]);
    cancel();
    const infos = chosen.map(({ info }) => info);
    return {
      verified: infos.filter(({ state }) => state === 'reverted'),
      unverified: infos.filter(({ state }) => state !== 'reverted'),
    };
  }

  /** Stops acting. Faults stay as they are; the next process goes on with them. */
  async close(): Promise<void> {
    this.closed = true;
    for (const timeline of this.timelines.values()) timeline.close();
    for (const cancel of this.endTimers.values()) cancel();
    for (const runner of this.runners.values()) runner.close();
    await this.writer.close();
  }

  private async takeUp(): Promise<void> {
    const recovered = await this.parts.store.recover(RECENT_FAULTS);
    if (this.closed) return;
    this.recovered = recovered;
    this.recent = recovered.recent;
    for (const fault of recovered.unfinished) this.takeUpFault(fault);
    for (const gameId of this.views.keys()) this.onView(gameId);
  }

  private takeUpFault(fault: Fault): void {
    const runner = this.addRunner(fault);
    const { state } = fault.info;
    const isRunning = this.views.get(fault.gameId)?.schedule.stateAt(this.parts.clock.nowMs()) === 'running';
    // What had no certain effect yet must not strike now that the game stands still or is over.
    if (!isRunning && (state === 'armed' || state === 'firing'))
      runner.give({ type: 'stop-requested', reason: 'the game stood still' });
    else runner.give({ type: state === 'armed' ? 'tick' : 'restarted' });
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
      if (endsAt === null || pauses.at(-1)?.toAt === null) return;
      const cancel = this.parts.timers.after(endsAt - nowMs, () => this.watchEnd(gameId, view));
      this.endTimers.set(gameId, cancel);
    } else if (!this.over.has(gameId)) {
      this.over.add(gameId);
      for (const runner of this.runners.values())
        if (runner.fault.gameId === gameId) runner.give({ type: 'stop-requested', reason: 'the game ended' });
    }
  }

  private makeTimeline(view: GameView): GameTimeline {
    const { gameId } = view;
    const ofGame = <T extends { gameId: string }>(rows: readonly T[]): T[] =>
      rows.filter((row) => row.gameId === gameId);
    const { doneEntries = [], strikes = [] } = this.recovered ?? {};
    const known = {
      done: ofGame(doneEntries).map(({ entryId }) => entryId),
      strikes: new Map(ofGame(strikes).map(({ teamId, count }) => [teamId, count])),
    };
    return new GameTimeline(view, known, {
      ...this.parts,
      drivers: this.registry,
      targetOf: this.runnerParts.targetOf,
      strike: (faults) => {
        // All are there before the first fires, so that a stop in between stops all.
        for (const runner of faults.map((fault) => this.addRunner(fault))) runner.give({ type: 'due' });
      },
      onEntry: (entry, outcome) => this.metrics.entry(entry.type, outcome),
    });
  }

  private addRunner(fault: Fault): FaultRunner {
    const runner = new FaultRunner(fault, this.runnerParts);
    const key = `${fault.gameId} ${fault.info.id}`;
    this.runners.set(key, runner);
    void runner.ended.then(() => {
      this.runners.delete(key);
      this.recent = [runner.info, ...this.recent].slice(0, RECENT_FAULTS);
    });
    return runner;
  }

  private onState(info: FaultInfo): void {
    this.metrics.state(info);
    const { id, state, detail } = info;
    const level = state === 'stuck' ? 'error' : 'info';
    this.parts.logger[level]({ faultId: id, state, detail }, `fault ${id} is ${state}`);
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

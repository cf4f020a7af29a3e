import { Inject, Injectable } from '@nestjs/common';
import type { FaultInfo } from '#contracts';
import {
  DriverRegistry,
  chaosReport,
  hasStruck,
  type ChaosReport,
  type Fault,
  type FaultCourse,
  type FaultInput,
  type LifeCyclePolicy,
} from '#faults';
import type { Clock, Timers } from '#kernel';
import { CLOCK } from '#runtime';
import { GameRegistry } from '../games/game-registry.js';
import { standingsOf } from '../games/game-view.js';
import { CHAOS_STORE, type ChaosStore, type Recovered } from '../store/store.js';
import { FAULT_TARGETS, type FaultTargets } from '../targets/fault-targets.js';
import { FaultChanges } from './fault-changes.js';
import { FaultLog } from './fault-log.js';
import { FaultRunner, type RunnerParts } from './fault-runner.js';
import { matches, type FaultSelector } from './fault-selector.js';
import type { ChaosNow } from './limits.js';
import { LIFE_CYCLE_POLICY, TIMERS } from './tokens.js';

/** Faults that are being stored; they strike afterwards. */
interface Pending {
  readonly faults: readonly Fault[];
  /** Reasons of stops that arrived in the meantime, by fault: those faults must not strike any more. */
  readonly stopped: Map<Fault, string>;
  readonly settled: Promise<void>;
}

/** Faults that are being stopped. */
export interface Stopping {
  /** Their current states. */
  infos(): FaultInfo[];
  /** Resolves when all are verified gone. */
  readonly gone: Promise<void>;
}

const NOT_FIRED = { firedAt: null, confirmedAt: null, revertingAt: null, goneAt: null, wasStuck: false };

/** Number of reverted faults kept for `list`. */
export const RECENT_FAULTS = 200;

/** All faults of all games: those that run, those about to start, and the latest that are over. */
@Injectable()
export class FaultSupervisor {
  private readonly runners = new Map<string, FaultRunner>();
  private readonly pending = new Set<Pending>();
  private recent: { gameId: string; info: FaultInfo }[] = [];

  private readonly runnerParts: RunnerParts;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TIMERS) timers: Timers,
    @Inject(CHAOS_STORE) private readonly store: ChaosStore,
    @Inject(DriverRegistry) drivers: DriverRegistry,
    @Inject(LIFE_CYCLE_POLICY) policy: LifeCyclePolicy,
    @Inject(FAULT_TARGETS) targets: FaultTargets,
    @Inject(GameRegistry) private readonly games: GameRegistry,
    @Inject(FaultLog) log: FaultLog,
    @Inject(FaultChanges) private readonly changes: FaultChanges,
  ) {
    this.runnerParts = { clock, timers, drivers, policy, targets, games, log, changes };
  }

  /** Continues with the faults of an earlier process. */
  restore({ recent, unfinished }: Pick<Recovered, 'recent' | 'unfinished'>): void {
    this.recent = recent;
    for (const fault of unfinished) this.resume(fault);
  }

  /** Continues with the stored faults of an injection whose storing seemed to fail. */
  async adopt(gameId: string, injectionId: string): Promise<void> {
    for (const fault of await this.store.unfinishedOf(gameId, injectionId)) this.resume(fault);
  }

  /**
   * Fires armed faults once they are stored. From this call on, they count for limits, and a stop reaches them.
   * @param store false: they must not strike after all
   */
  async strike(faults: readonly Fault[], store: () => Promise<boolean>): Promise<boolean> {
    let settle = (): void => undefined;
    const settled = new Promise<void>((resolve) => (settle = resolve));
    const pending: Pending = { faults, stopped: new Map(), settled };
    this.pending.add(pending);
    try {
      if (!(await store())) return false;
      // Create all runners before the first fires, so that a stop in between stops all.
      for (const [fault, runner] of faults.map((fault) => [fault, this.addRunner(fault)] as const)) {
        const reason = pending.stopped.get(fault);
        runner.handleInput(reason === undefined ? { type: 'due' } : { type: 'stop-requested', reason });
      }
      return true;
    } finally {
      this.pending.delete(pending);
      settle();
    }
  }

  /** Starts stopping faults and returns immediately. */
  stop(selector: FaultSelector, reason: string): Stopping {
    const chosen = [...this.runners.values()].filter(({ fault }) => matches(selector, fault));
    const stored = [...this.pending].flatMap((pending) => {
      const faults = pending.faults.filter((fault) => matches(selector, fault));
      for (const fault of faults) pending.stopped.set(fault, reason);
      return faults.map((fault) => ({ fault, settled: pending.settled }));
    });
    for (const runner of chosen) runner.handleInput({ type: 'stop-requested', reason });
    // A fault that is being stored gets its runner, and its stop, as soon as storing has settled.
    const laterRunner = (fault: Fault): FaultRunner | undefined => this.runners.get(keyOf(fault));
    const late = stored.map(async ({ fault, settled }) => {
      await settled;
      await laterRunner(fault)?.ended;
    });
    const ofPending = stored.map(({ fault }) => ({ fault, runner: (): FaultInfo => this.latest(fault) }));
    return {
      infos: () => [...chosen.map(({ info }) => info), ...ofPending.map(({ runner }) => runner())],
      gone: Promise.all([...chosen.map(({ ended }) => ended), ...late]).then(() => undefined),
    };
  }

  /** Faults that are not reverted, newest first. */
  openFaults(): { gameId: string; info: FaultInfo }[] {
    return [...this.runners.values()]
      .map(({ fault: { gameId, info } }) => ({ gameId, info }))
      .sort((a, b) => b.info.startedAt - a.info.startedAt);
  }

  /** The latest reverted faults, newest first. */
  recentFaults(): readonly { gameId: string; info: FaultInfo }[] {
    return this.recent;
  }

  /**
   * Every fault of a game that struck or is about to strike: the basis for choosing the next victims. Includes faults that are
   * still being stored, so that the next strike counts them.
   */
  dealtCourses(gameId: string): FaultCourse[] {
    const courses = new Map(this.courses(gameId).map((course) => [course.info.id, course]));
    for (const { faults } of this.pending)
      for (const { gameId: of, info } of faults)
        if (of === gameId && !courses.has(info.id)) courses.set(info.id, { ...NOT_FIRED, info });
    return [...courses.values()].filter((course) => course.info.state === 'armed' || hasStruck(course));
  }

  /** What became of each fault of a game. */
  courses(gameId: string): FaultCourse[] {
    return this.changes.history(gameId).courses();
  }

  /** Faults that may act, then the latest reverted ones, newest first; without armed ones. */
  list(): FaultInfo[] {
    const open = this.openFaults().filter(({ info }) => info.state !== 'armed');
    return [...open, ...this.recent].map(({ info }) => info);
  }

  /** Reports how much chaos each team of a game had. @throws PaydayError `unknown_game` */
  report(gameId: string): ChaosReport {
    return chaosReport(this.courses(gameId), standingsOf(this.games.get(gameId)), this.clock.nowMs());
  }

  /** The state that limits depend on. */
  chaosNow(gameId: string, nowMs: number): ChaosNow {
    const isOfGame = (fault: Fault): boolean => fault.gameId === gameId;
    const running = [...this.runners.values()].map(({ fault }) => fault).filter(isOfGame);
    const stored = [...this.pending].flatMap(({ faults }) => faults.filter(isOfGame));
    const goneAt = new Map<string, number>();
    for (const { info, firedAt, goneAt: at } of this.courses(gameId))
      if (firedAt !== null && at !== null) {
        const key = `${info.teamId} ${info.serviceId}`;
        goneAt.set(key, Math.max(at, goneAt.get(key) ?? 0));
      }
    return {
      // A fault that has just ended still has its runner.
      unfinished: [...running, ...stored].map(({ info }) => info).filter(({ state }) => state !== 'reverted'),
      lastGoneAt: (teamId, serviceId) => goneAt.get(`${teamId} ${serviceId}`) ?? null,
      nowMs,
    };
  }

  /** Stops acting. Faults keep their state. */
  close(): void {
    for (const runner of this.runners.values()) runner.close();
  }

  private resume(fault: Fault): void {
    if (this.runners.has(keyOf(fault))) return;
    this.changes.observe(fault.gameId, fault.info, this.clock.nowMs());
    this.addRunner(fault).handleInput(this.resumeInput(fault));
  }

  private resumeInput({ gameId, info: { state } }: Fault): FaultInput {
    const isRunning = this.games.find(gameId)?.schedule.stateAt(this.clock.nowMs()) === 'running';
    // A fault without a confirmed effect must not strike while the game is paused or over.
    if (!isRunning && (state === 'armed' || state === 'firing'))
      return { type: 'stop-requested', reason: 'the game stood still' };
    return { type: state === 'armed' ? 'tick' : 'restarted' };
  }

  private latest(fault: Fault): FaultInfo {
    const key = keyOf(fault);
    const isOver = this.recent.find((each) => each.gameId === fault.gameId && each.info.id === fault.info.id);
    return this.runners.get(key)?.info ?? isOver?.info ?? fault.info;
  }

  private addRunner(fault: Fault): FaultRunner {
    const runner = new FaultRunner(fault, this.runnerParts);
    const key = keyOf(fault);
    this.runners.set(key, runner);
    void runner.ended.then(() => {
      this.runners.delete(key);
      this.recent = [{ gameId: fault.gameId, info: runner.info }, ...this.recent].slice(0, RECENT_FAULTS);
    });
    return runner;
  }
}

function keyOf({ gameId, info }: Fault): string {
  return `${gameId} ${info.id}`;
}

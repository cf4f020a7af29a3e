import type { FaultInfo } from '#contracts';
import { FaultHistory, hasStruck, type Fault, type FaultCourse, type FaultInput } from '#faults';
import { FaultRunner, type RunnerParts } from './fault-runner.js';
import { fits, type FaultSelector } from './fault-selector.js';
import type { ChaosNow } from './limits.js';
import type { Recovered } from './store.js';

/** Faults that are being stored; they strike when they are. */
interface Pending {
  readonly faults: readonly Fault[];
  /** Set by a stop that came meanwhile, by fault: those faults must not strike any more. */
  readonly stopped: Map<Fault, string>;
  readonly settled: Promise<void>;
}

/** Faults that were told to stop. */
export interface Stopping {
  /** As they are now. */
  infos(): FaultInfo[];
  /** Resolves when all are verified gone. */
  readonly gone: Promise<void>;
}

const NOT_FIRED = { firedAt: null, confirmedAt: null, revertingAt: null, goneAt: null, wasStuck: false };

/** How many reverted faults are remembered for `list`. */
export const RECENT_FAULTS = 200;

/** All faults of all games: those that run, those about to, and what became of the others. */
export class FaultSupervisor {
  private readonly runners = new Map<string, FaultRunner>();
  private readonly pending = new Set<Pending>();
  private readonly histories = new Map<string, FaultHistory>();
  private recent: { gameId: string; info: FaultInfo }[] = [];

  constructor(private readonly parts: RunnerParts) {}

  restore({ recent }: Pick<Recovered, 'recent'>): void {
    this.recent = recent;
  }

  /** Goes on with a fault that an earlier process left. */
  resume(fault: Fault, input: FaultInput): void {
    if (this.runners.has(keyOf(fault))) return;
    this.history(fault.gameId).observe(fault.info, this.parts.clock.nowMs());
    this.addRunner(fault).handleInput(input);
  }

  /** Notes what the log tells of a fault. */
  observe(gameId: string, info: FaultInfo, at: number): void {
    this.history(gameId).observe(info, at);
  }

  /**
   * Lets armed faults strike once they are stored. From the call on they count for limits, and a stop reaches them.
   * @param store false: they are not to strike after all
   */
  async strike(faults: readonly Fault[], store: () => Promise<boolean>): Promise<boolean> {
    let settle = (): void => undefined;
    const settled = new Promise<void>((resolve) => (settle = resolve));
    const pending: Pending = { faults, stopped: new Map(), settled };
    this.pending.add(pending);
    try {
      if (!(await store())) return false;
      // All are there before the first fires, so that a stop in between stops all.
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

  /** Tells faults to stop. Waits for nothing. */
  stop(selector: FaultSelector, reason: string): Stopping {
    const chosen = [...this.runners.values()].filter(({ fault }) => fits(selector, fault));
    const stored = [...this.pending].flatMap((pending) => {
      const faults = pending.faults.filter((fault) => fits(selector, fault));
      for (const fault of faults) pending.stopped.set(fault, reason);
      return faults.map((fault) => ({ fault, settled: pending.settled }));
    });
    for (const runner of chosen) runner.handleInput({ type: 'stop-requested', reason });
    // What is stored meanwhile gets its runner when that has settled, and its stop in the same breath.
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

  /** The latest that are reverted, newest first. */
  recentFaults(): readonly { gameId: string; info: FaultInfo }[] {
    return this.recent;
  }

  /**
   * Every fault of a game that was dealt, or is about to be: who is struck next depends on it. Known from the game's events; what
   * is only being stored is there as well, so that the next strike counts with it.
   */
  dealtCourses(gameId: string): FaultCourse[] {
    const courses = new Map(
      this.history(gameId)
        .courses()
        .map((course) => [course.info.id, course]),
    );
    for (const { faults } of this.pending)
      for (const { gameId: of, info } of faults)
        if (of === gameId && !courses.has(info.id)) courses.set(info.id, { ...NOT_FIRED, info });
    return [...courses.values()].filter((course) => course.info.state === 'armed' || hasStruck(course));
  }

  /** What became of each fault of a game. */
  history(gameId: string): FaultHistory {
    let history = this.histories.get(gameId);
    if (history === undefined) this.histories.set(gameId, (history = new FaultHistory()));
    return history;
  }

  /** What limits look at. */
  chaosNow(gameId: string, nowMs: number): ChaosNow {
    const isOfGame = (fault: Fault): boolean => fault.gameId === gameId;
    const running = [...this.runners.values()].map(({ fault }) => fault).filter(isOfGame);
    const stored = [...this.pending].flatMap(({ faults }) => faults.filter(isOfGame));
    const goneAt = new Map<string, number>();
    for (const { info, firedAt, goneAt: at } of this.history(gameId).courses())
      if (firedAt !== null && at !== null) {
        const key = `${info.teamId} ${info.serviceId}`;
        goneAt.set(key, Math.max(at, goneAt.get(key) ?? 0));
      }
    return {
      // A fault that ends just now is still among those that run.
      unfinished: [...running, ...stored].map(({ info }) => info).filter(({ state }) => state !== 'reverted'),
      lastGoneAt: (teamId, serviceId) => goneAt.get(`${teamId} ${serviceId}`) ?? null,
      nowMs,
    };
  }

  /** Stops acting. Faults stay as they are. */
  close(): void {
    for (const runner of this.runners.values()) runner.close();
  }

  private latest(fault: Fault): FaultInfo {
    const key = keyOf(fault);
    const isOver = this.recent.find((each) => each.gameId === fault.gameId && each.info.id === fault.info.id);
    return this.runners.get(key)?.info ?? isOver?.info ?? fault.info;
  }

  private addRunner(fault: Fault): FaultRunner {
    const runner = new FaultRunner(fault, this.parts);
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

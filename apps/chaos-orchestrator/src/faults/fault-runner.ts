import type { FaultInfo } from '#contracts';
import {
  excuseOf,
  expectedMoney,
  mayAct,
  orderOf,
  performCall,
  step,
  type DriverRegistry,
  type ExpectedMoney,
  type Fault,
  type FaultEffect,
  type FaultInput,
  type LifeCyclePolicy,
} from '#faults';
import { messageOf, type Clock, type Timers } from '#kernel';
import type { GameRegistry } from '../games/game-registry.js';
import type { NewEvent } from '../store/store.js';
import type { FaultTargets } from '../targets/fault-targets.js';
import type { FaultChanges } from './fault-changes.js';
import type { FaultLog } from './fault-log.js';

/** The services that runners share. */
export interface RunnerParts {
  clock: Clock;
  timers: Timers;
  drivers: DriverRegistry;
  policy: LifeCyclePolicy;
  targets: FaultTargets;
  games: GameRegistry;
  log: FaultLog;
  changes: FaultChanges;
}

type CallEffect = Exclude<FaultEffect, { type: 'publish' }>;

/**
 * Drives one fault through its life cycle: stores its state, calls the driver and sets the timers. Faults share nothing, so a
 * hanging driver delays neither other faults nor the end of its own fault.
 */
export class FaultRunner {
  private cancelTimer = (): void => undefined;
  private running: { call: number; abort: AbortController } | undefined;
  private closed = false;
  /** The latest time that this fault has seen, epoch ms, with the monotonic clock's reading at that time. */
  private seen: { atMs: number; monotonicMs: number };
  private resolveEnded = (): void => undefined;
  /** Resolves when the fault is verified gone. */
  readonly ended = new Promise<void>((resolve) => (this.resolveEnded = resolve));

  constructor(
    private state: Fault,
    private readonly parts: RunnerParts,
  ) {
    const { clock } = parts;
    const { info } = state;
    const atMs = Math.max(clock.nowMs(), mayAct(info.state) ? info.startedAt : 0);
    this.seen = { atMs, monotonicMs: clock.monotonicMs() };
  }

  get fault(): Fault {
    return this.state;
  }

  get info(): FaultInfo {
    return this.state.info;
  }

  /** Feeds the life cycle and carries out its effects. */
  handleInput(input: FaultInput): void {
    if (this.closed) return;
    const { policy, log, changes } = this.parts;
    const nowMs = this.nowMs();
    const before = this.state;
    const { fault, effects } = step(before, this.priced(input, nowMs), nowMs, policy);
    this.state = fault;

    const events: NewEvent[] = [];
    const calls: CallEffect[] = [];
    for (const effect of effects) {
      if (effect.type !== 'publish') calls.push(effect);
      else {
        changes.record(fault.gameId, effect.info);
        events.push({
          gameId: fault.gameId,
          type: 'dev.payday.fault.changed',
          time: nowMs,
          data: { fault: effect.info },
        });
      }
    }
    const excuse = events.length > 0 ? excuseOf(fault, before.info.state, nowMs) : null;
    if (excuse !== null)
      events.push({
        gameId: fault.gameId,
        type: 'dev.payday.windows.excused',
        time: nowMs,
        data: excuse,
      });
    // A mere check of an active fault is not stored.
    const worthStoring = events.length > 0 || fault.attempts !== before.attempts;
    const stored = worthStoring ? log.write(fault, events) : Promise.resolve();

    if (this.running !== undefined && this.running.call !== fault.call?.number) this.abandonCall();
    for (const effect of calls) this.begin(effect, stored);
    this.setTimer(nowMs);
    if (fault.info.state === 'reverted') this.resolveEnded();
  }

  /** A stop reduces what the fault counts for to its value up to now. */
  private priced(input: FaultInput, nowMs: number): FaultInput {
    return input.type === 'stop-requested' ? { ...input, expected: this.worthUntil(nowMs) } : input;
  }

  /** The expected money of the fault if it ends at `atMs`; pauses of the game cost nothing. Undefined: unknown. */
  private worthUntil(atMs: number): ExpectedMoney | undefined {
    const { gameId, info, params } = this.state;
    const view = this.parts.games.find(gameId);
    const fromMs = view?.schedule.toGameTime(info.startedAt) ?? null;
    const untilMs = view?.schedule.toGameTime(atMs) ?? null;
    if (view === undefined || fromMs === null || untilMs === null) return undefined;
    const { kind, serviceId, scoring } = info;
    const ttlMs = Math.max(0, untilMs - fromMs);
    return expectedMoney(view.scenario, { kind, params, serviceId, scoring, fromMs, ttlMs });
  }

  /** Stops the timer and the running call. The fault keeps its state: the next process continues with it. */
  close(): void {
    this.closed = true;
    this.cancelTimer();
    this.abandonCall();
  }

  private begin(effect: CallEffect, stored: Promise<void>): void {
    const abort = new AbortController();
    this.running = { call: effect.call, abort };
    // A fault is stored before it fires. Undoing does not wait for the store.
    if (effect.type !== 'fire') void this.perform(effect, abort.signal);
    else
      void stored.then(() => {
        if (!abort.signal.aborted) void this.perform(effect, abort.signal);
      });
  }

  private async perform(effect: CallEffect, signal: AbortSignal): Promise<void> {
    const { drivers, targets } = this.parts;
    const { gameId, info } = this.state;
    const call = effect.call;
    let answer: FaultInput;
    try {
      const driver = drivers.driverFor(info.kind);
      const target = targets.targetOf(gameId, info.teamId);
      if (target === null) throw new Error(`there is no chaos target for team ${info.teamId}`);
      const order = orderOf(this.state, this.nowMs());
      answer = await performCall(driver, { operation: effect.type, number: call }, target, order, signal);
    } catch (error) {
      answer = { type: 'driver-failed', call, reason: messageOf(error), retryable: true };
    }
    if (this.running?.call === call) this.running = undefined;
    this.handleInput(answer);
  }

  /** The wall clock, except after it was set back: a fault's time still advances, so that it does not act or hang longer. */
  private nowMs(): number {
    const { clock } = this.parts;
    const monotonicMs = clock.monotonicMs();
    const passedMs = Math.floor(monotonicMs - this.seen.monotonicMs);
    const atMs = Math.max(clock.nowMs(), this.seen.atMs + passedMs);
    this.seen = { atMs, monotonicMs };
    return atMs;
  }

  private abandonCall(): void {
    this.running?.abort.abort();
    this.running = undefined;
  }

  private setTimer(nowMs: number): void {
    this.cancelTimer();
    const { wakeAt } = this.state;
    if (wakeAt === null) return;
    this.cancelTimer = this.parts.timers.after(Math.max(0, wakeAt - nowMs), () =>
      this.handleInput({ type: 'tick' }),
    );
  }
}

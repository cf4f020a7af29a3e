import type { FaultInfo } from '#contracts';
import {
  excuseOf,
  mayAct,
  orderOf,
  performCall,
  step,
  type DriverRegistry,
  type ExpectedMoney,
  type Fault,
  type FaultEffect,
  type FaultInput,
  type FaultTarget,
  type LifeCyclePolicy,
} from '#faults';
import { messageOf, type Clock, type Timers } from '#kernel';
import type { NewEvent } from './store.js';

export interface RunnerParts {
  clock: Clock;
  timers: Timers;
  drivers: DriverRegistry;
  policy: LifeCyclePolicy;
  targetOf(gameId: string, teamId: string): FaultTarget | null;
  /** What a fault is expected to have cost, or brought, if it ends at `atMs`; undefined: nobody can say. */
  worthUntil(fault: Fault, atMs: number): ExpectedMoney | undefined;
  /** Resolves when it is durable. */
  write(fault: Fault, events: readonly NewEvent[]): Promise<void>;
  /** Called for each new state. */
  onState(gameId: string, info: FaultInfo): void;
}

type CallEffect = Exclude<FaultEffect, { type: 'publish' }>;

/**
 * Drives one fault through its life cycle: stores, calls the driver, keeps the time. Faults share nothing, so that a
 * driver that hangs delays no other fault, and not even its own fault's end.
 */
export class FaultRunner {
  private cancelTimer = (): void => undefined;
  private running: { call: number; abort: AbortController } | undefined;
  private closed = false;
  /** The latest time that this fault has seen, epoch ms, and the monotonic clock then. */
  private seen: { atMs: number; monotonicMs: number };
  private resolveEnded = (): void => undefined;
  /** Resolves when the fault was verified gone. */
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

  /** Feeds the life cycle and does what it says. */
  handleInput(input: FaultInput): void {
    if (this.closed) return;
    const { policy, write } = this.parts;
    const nowMs = this.nowMs();
    const before = this.state;
    const { fault, effects } = step(before, this.priced(input, nowMs), nowMs, policy);
    this.state = fault;

    const events: NewEvent[] = [];
    const calls: CallEffect[] = [];
    for (const effect of effects) {
      if (effect.type !== 'publish') calls.push(effect);
      else {
        this.parts.onState(fault.gameId, effect.info);
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
    // Looking at an active fault is not worth a row.
    const worthStoring = events.length > 0 || fault.attempts !== before.attempts;
    const stored = worthStoring ? write(fault, events) : Promise.resolve();

    if (this.running !== undefined && this.running.call !== fault.call?.number) this.abandonCall();
    for (const effect of calls) this.begin(effect, stored);
    this.setTimer(nowMs);
    if (fault.info.state === 'reverted') this.resolveEnded();
  }

  /** Who stops a fault early takes back a part of what its team was dealt. */
  private priced(input: FaultInput, nowMs: number): FaultInput {
    if (input.type !== 'stop-requested') return input;
    return { ...input, expected: this.parts.worthUntil(this.state, nowMs) };
  }

  /** Stops the timer and the running call. The fault stays as it is: a restart goes on with it. */
  close(): void {
    this.closed = true;
    this.cancelTimer();
    this.abandonCall();
  }

  private begin(effect: CallEffect, stored: Promise<void>): void {
    const abort = new AbortController();
    this.running = { call: effect.call, abort };
    // Nothing is broken before it is written that it is. Undoing waits for nobody.
    if (effect.type !== 'fire') void this.perform(effect, abort.signal);
    else
      void stored.then(() => {
        if (!abort.signal.aborted) void this.perform(effect, abort.signal);
      });
  }

  private async perform(effect: CallEffect, signal: AbortSignal): Promise<void> {
    const { drivers, targetOf } = this.parts;
    const { gameId, info } = this.state;
    const call = effect.call;
    let answer: FaultInput;
    try {
      const driver = drivers.driverFor(info.kind);
      const target = targetOf(gameId, info.teamId);
      if (target === null) throw new Error(`nothing is known of how to reach team ${info.teamId}`);
      const order = orderOf(this.state, this.nowMs());
      answer = await performCall(driver, { operation: effect.type, number: call }, target, order, signal);
    } catch (error) {
      answer = { type: 'driver-failed', call, reason: messageOf(error), retryable: true };
    }
    if (this.running?.call === call) this.running = undefined;
    this.handleInput(answer);
  }

  /** The wall clock, but where that was set back: time goes on for a fault, or it would act, or hang, for so much longer. */
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

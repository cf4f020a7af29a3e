import type { FaultInfo, FaultState } from '#contracts';
import type { ExpectedMoney } from './expected-money.js';
import { DEFAULT_POLICY, type Fault, type LifeCyclePolicy, type Operation } from './fault.js';

/**
 * The life of one fault on one team, as a pure state machine:
 *
 *     armed → firing → active → reverting → reverted
 *                  └───────────────┘   └─→ stuck ─→ reverted
 *
 * - Whatever was sent to a driver, answered or not, is reverted and verified gone.
 * - From `expiresAt` on, no step leaves a fault firing or active.
 * - A fault that cannot be verified gone after a bounded number of attempts becomes `stuck`: people see it, and slow
 *   retries continue until it is `reverted`.
 * - `reverted` is final: no further input has an effect.
 *
 * The caller stores `fault` before it acts on a `fire` effect, sends a `tick` at `fault.wakeAt`, and passes every
 * driver's answer back with the number of its call. Late and repeated answers change nothing.
 */
export type FaultInput =
  /** Strike now. A fault that is late by more than its time to live is skipped. */
  | { type: 'due' }
  | { type: 'fired'; call: number }
  | { type: 'confirmed'; call: number }
  | { type: 'revert-done'; call: number }
  | { type: 'verified-gone'; call: number }
  | { type: 'still-there'; call: number }
  | { type: 'repaired-by-team'; call: number }
  /** The awaited call failed. Firing is retried only if `retryable`; undoing is always retried. */
  | { type: 'driver-failed'; call: number; reason: string; retryable: boolean }
  | { type: 'driver-timeout'; call: number }
  | { type: 'expired' }
  /**
   * `reason` becomes the fault's detail: `stopped by hand`, `the game ended`. `expected` is the expected cost up to now, and
   * caps what the fault counts for. Without it, the fault keeps its original value.
   */
  | { type: 'stop-requested'; reason: string; expected?: ExpectedMoney }
  /** The process restarted: the awaited answer will never arrive. */
  | { type: 'restarted' }
  | { type: 'tick' };

export type FaultEffect =
  /** Make this driver call, abandoning an earlier one of the same fault, and answer with its number. */
  | { type: Operation; call: number; deadlineAt: number }
  /** Publish the new state. */
  | { type: 'publish'; info: FaultInfo };

export interface Step {
  readonly fault: Fault;
  readonly effects: readonly FaultEffect[];
}

/** States in which the fault may act on its team. */
export function mayAct(state: FaultState): boolean {
  return state !== 'armed' && state !== 'reverted';
}

/** Returns the fault after an input and the effects to carry out. `nowMs` is epoch ms. */
export function step(
  fault: Fault,
  input: FaultInput,
  nowMs: number,
  policy: LifeCyclePolicy = DEFAULT_POLICY,
): Step {
  const context = { fault, nowMs, policy };
  const { state, expiresAt } = fault.info;
  if (state === 'reverted') return { fault, effects: [] };
  if (state === 'armed') return stepArmed(context, input);
  if ('call' in input && input.call !== fault.call?.number) {
    // A stale answer carries no information, but time has still passed.
    return step(fault, { type: 'tick' }, nowMs, policy);
  }
  // The first tick after the deadline detects a hanging driver.
  if (input.type === 'tick' && fault.call !== null && nowMs >= fault.call.deadlineAt)
    return step(fault, { type: 'driver-timeout', call: fault.call.number }, nowMs, policy);

  if (state === 'reverting' || state === 'stuck') return stepUndoing(context, input);
  if (input.type === 'stop-requested') return undo(cutShort(context, input.expected), input.reason);
  if (input.type === 'repaired-by-team') {
    const seconds = Math.round((nowMs - fault.info.startedAt) / 1000);
    return undo(context, `repaired by the team after ${seconds} s`);
  }
  if (input.type === 'expired' || nowMs >= expiresAt) return undo(context, 'its time was over');
  return state === 'firing' ? stepFiring(context, input) : stepActive(context, input);
}

interface Context {
  readonly fault: Fault;
  readonly nowMs: number;
  readonly policy: LifeCyclePolicy;
}

function stepArmed(context: Context, input: FaultInput): Step {
  const { fault, nowMs } = context;
  if (input.type === 'stop-requested' || input.type === 'expired') {
    const reason = input.type === 'expired' ? 'its time was over' : input.reason;
    return enter(fault, 'reverted', `it never fired: ${reason}`, { wakeAt: null });
  }
  const isDue = input.type === 'due' || (input.type === 'tick' && nowMs >= fault.dueAt);
  if (!isDue) return { fault, effects: [] };
  const lateMs = nowMs - fault.dueAt;
  if (lateMs > fault.ttlMs)
    return enter(fault, 'reverted', `skipped: it was due ${Math.round(lateMs / 1000)} s ago`, {
      wakeAt: null,
    });
  const struck = {
    ...fault,
    info: { ...fault.info, startedAt: nowMs, expiresAt: nowMs + fault.ttlMs },
  };
  return both(enter(struck, 'firing', ''), (next) => call({ ...context, fault: next }, 'fire'));
}

function stepFiring(context: Context, input: FaultInput): Step {
  const { fault, nowMs, policy } = context;
  switch (input.type) {
    case 'fired':
    case 'restarted':
      // After a restart it is unknown whether the lost call fired the fault: check before firing again.
      return call(context, 'confirm');
    case 'confirmed':
    case 'still-there':
      return activate(context);
    case 'verified-gone':
      return failed(context, 'it did not take effect', true);
    case 'driver-failed':
      return failed(context, input.reason, input.retryable);
    case 'driver-timeout':
      return failed(context, `no answer to ${fault.call?.operation} within ${policy.callTimeoutMs} ms`, true);
    default:
      if (fault.call !== null || fault.wakeAt === null || nowMs < fault.wakeAt) return { fault, effects: [] };
      return call(context, 'fire');
  }
}

function failed(context: Context, reason: string, retryable: boolean): Step {
  const { fault, nowMs, policy } = context;
  const attempts = fault.attempts + 1;
  if (!retryable || attempts >= policy.fireAttempts) return undo(context, `could not be fired: ${reason}`);
  return wait({ ...fault, attempts }, nowMs + backoffMs(attempts, policy));
}

function activate({ fault, nowMs, policy }: Context): Step {
  const wakeAt = Math.min(nowMs + policy.watchMs, fault.info.expiresAt);
  return enter(fault, 'active', '', { wakeAt, attempts: 0, call: null });
}

function stepActive(context: Context, input: FaultInput): Step {
  const { fault, nowMs, policy } = context;
  switch (input.type) {
    case 'verified-gone':
      return undo(context, 'it ended by itself');
    case 'confirmed':
    case 'still-there':
    case 'driver-failed':
    case 'driver-timeout':
      // A failed check says nothing about the fault; the next one may.
      return wait(fault, nowMs + policy.watchMs);
    case 'restarted':
      return wait(fault, nowMs);
    default:
      if (fault.call !== null || fault.wakeAt === null || nowMs < fault.wakeAt) return { fault, effects: [] };
      return call(context, 'verify');
  }
}

/** A fault that a facilitator stops early counts for less; one that the team repairs keeps its full cost. */
function cutShort(context: Context, expected: ExpectedMoney | undefined): Context {
  const { fault } = context;
  const { expectedCostCents, expectedGainCents } = fault.info;
  if (expected === undefined || expectedCostCents === undefined) return context;
  const info = {
    ...fault.info,
    expectedCostCents: Math.min(expectedCostCents, expected.costCents),
    ...(expectedGainCents === undefined
      ? {}
      : { expectedGainCents: Math.min(expectedGainCents, expected.gainCents) }),
  };
  return { ...context, fault: { ...fault, info } };
}

/** Starts reverting; `why` stays on the fault until the end. */
function undo(context: Context, why: string): Step {
  const fault = { ...context.fault, call: null, attempts: 0 };
  return both(enter(fault, 'reverting', why), (next) => call({ ...context, fault: next }, 'revert'));
}

function stepUndoing(context: Context, input: FaultInput): Step {
  const { fault, nowMs, policy } = context;
  const waiting = fault.call === null;
  switch (input.type) {
    case 'verified-gone':
    case 'repaired-by-team':
      // Only an answer to a request sent after the revert proves anything.
      if (fault.call?.operation !== 'verify') return { fault, effects: [] };
      return enter(fault, 'reverted', fault.info.detail, { call: null, wakeAt: null });
    case 'revert-done':
      return call(context, 'verify');
    case 'still-there':
      return notGone(context, 'it is still there');
    case 'driver-failed':
    case 'driver-timeout': {
      // It may be gone anyway: through the dead-man's timer, or because only the answer was lost.
      if (fault.call?.operation === 'revert') return call(context, 'verify');
      const reason =
        input.type === 'driver-failed' ? input.reason : `no answer in ${policy.callTimeoutMs} ms`;
      return notGone(context, reason);
    }
    case 'restarted':
      return call(context, 'revert');
    case 'stop-requested':
      return waiting ? call(context, 'revert') : { fault, effects: [] };
    default:
      return waiting && nowMs >= (fault.wakeAt ?? nowMs) ? call(context, 'revert') : { fault, effects: [] };
  }
}

function notGone({ fault, nowMs, policy }: Context, reason: string): Step {
  const attempts = fault.attempts + 1;
  if (fault.info.state === 'stuck') return wait({ ...fault, attempts }, nowMs + policy.stuckRetryMs);
  if (attempts < policy.revertAttempts)
    return wait({ ...fault, attempts }, nowMs + backoffMs(attempts, policy));
  const detail = `${fault.info.detail}; not gone after ${attempts} attempts: ${reason}`;
  return enter(fault, 'stuck', detail, { attempts, call: null, wakeAt: nowMs + policy.stuckRetryMs });
}

/** The delay after the nth failed attempt. */
function backoffMs(attempts: number, { retryMinMs, retryMaxMs }: LifeCyclePolicy): number {
  return Math.min(retryMinMs * 2 ** (attempts - 1), retryMaxMs);
}

function call({ fault, nowMs, policy }: Context, operation: Operation): Step {
  const number = fault.calls + 1;
  const deadlineAt = nowMs + policy.callTimeoutMs;
  const wakeAt = untilExpiry(fault, deadlineAt);
  return {
    fault: { ...fault, calls: number, call: { number, operation, deadlineAt }, wakeAt },
    effects: [{ type: operation, call: number, deadlineAt }],
  };
}

function wait(fault: Fault, untilMs: number): Step {
  return { fault: { ...fault, call: null, wakeAt: untilExpiry(fault, untilMs) }, effects: [] };
}

/** A fault that acts always wakes no later than its expiry. */
function untilExpiry({ info }: Fault, atMs: number): number {
  return info.state === 'firing' || info.state === 'active' ? Math.min(atMs, info.expiresAt) : atMs;
}

function enter(fault: Fault, state: FaultState, detail: string, change: Partial<Fault> = {}): Step {
  const info = { ...fault.info, state, detail };
  return { fault: { ...fault, ...change, info }, effects: [{ type: 'publish', info }] };
}

function both(first: Step, then: (fault: Fault) => Step): Step {
  const second = then(first.fault);
  return { fault: second.fault, effects: [...first.effects, ...second.effects] };
}

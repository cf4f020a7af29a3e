import type { FaultInfo, FaultScoring } from '#contracts';
import { PaydayError } from '#kernel';
import { NO_MONEY, type ExpectedMoney } from './expected-money.js';

export type FaultParams = Readonly<Record<string, string | number | boolean>>;

/** An operation of a driver on a fault; see `FaultDriver`. */
export type Operation = 'fire' | 'confirm' | 'revert' | 'verify';

/** One call of a driver whose answer is awaited. */
export interface DriverCall {
  /** Counts the calls of this fault, from 1. Answers to any call but the awaited one change nothing. */
  readonly number: number;
  readonly operation: Operation;
  /** Epoch ms from which the driver counts as hanging. */
  readonly deadlineAt: number;
}

/** Windows are `windowMs` long and counted from `originAt`, epoch ms. */
export interface WindowGrid {
  readonly originAt: number;
  readonly windowMs: number;
}

/** One fault on one team: the stored state, with everything that the life cycle needs to continue after a restart. JSON. */
export interface Fault {
  readonly gameId: string;
  readonly info: Readonly<FaultInfo>;
  readonly params: FaultParams;
  readonly ttlMs: number;
  /** When it should strike, epoch ms. */
  readonly dueAt: number;
  /** Failed attempts in the current state, across restarts. */
  readonly attempts: number;
  readonly call: DriverCall | null;
  readonly calls: number;
  /** The window grid, for faults whose windows don't score (`scoring: 'pause'`). */
  readonly windows?: WindowGrid;
  /** When the life cycle needs its next `tick`, epoch ms; null once the fault is final. */
  readonly wakeAt: number | null;
}

export const FAULT_LIMITS = {
  minTtlMs: 1,
  /** No fault lives longer than a day. */
  maxTtlMs: 24 * 60 * 60_000,
} as const;

/** Timeouts and retry limits of the life cycle. All in ms or attempts, each ≥ 1. */
export interface LifeCyclePolicy {
  /** Timeout of one driver call. */
  readonly callTimeoutMs: number;
  /** Failed attempts to fire and confirm before giving up; the fault is still reverted and verified. */
  readonly fireAttempts: number;
  /** Failed attempts to revert and verify before the fault becomes stuck. */
  readonly revertAttempts: number;
  /** Delay after the first failed attempt; doubles with each further one, up to `retryMaxMs`. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** Interval between retries of a stuck fault. */
  readonly stuckRetryMs: number;
  /** Interval between checks of an active fault, which detect a repair by the team. */
  readonly watchMs: number;
}

export const DEFAULT_POLICY: LifeCyclePolicy = {
  callTimeoutMs: 1500,
  fireAttempts: 4,
  revertAttempts: 6,
  retryMinMs: 200,
  retryMaxMs: 3000,
  stuckRetryMs: 15_000,
  watchMs: 1000,
};

export interface FaultRequest {
  gameId: string;
  injectionId: string;
  teamId: string;
  serviceId: string;
  kind: string;
  params: FaultParams;
  label: string;
  /** 1 to `FAULT_LIMITS.maxTtlMs`, whole ms: every fault ends. */
  ttlMs: number;
  /** Epoch ms. */
  dueAt: number;
  /** Default: `count`. `pause` needs `windows`. */
  scoring?: FaultScoring;
  windows?: WindowGrid;
  /** Expected cost or gain; default: nothing. */
  expected?: ExpectedMoney;
}

/** Returns the id of an injection's fault on one team. */
export function faultId(injectionId: string, teamId: string): string {
  return `${injectionId}/${teamId}`;
}

/** Creates an armed fault: no driver has been called yet. @throws PaydayError `invalid_fault` without a bounded time to live. */
export function arm(request: FaultRequest): Fault {
  const { gameId, injectionId, teamId, serviceId, kind, label, params, ttlMs, dueAt, scoring, windows } =
    request;
  const { costCents, gainCents } = request.expected ?? NO_MONEY;
  const { minTtlMs, maxTtlMs } = FAULT_LIMITS;
  if (!Number.isSafeInteger(ttlMs) || ttlMs < minTtlMs || ttlMs > maxTtlMs)
    throw new PaydayError(
      'invalid_fault',
      `the time to live of ${kind} on ${teamId}/${serviceId} must be whole milliseconds from ${minTtlMs} to ${maxTtlMs}, got ${ttlMs}`,
    );
  if (scoring === 'pause' && windows === undefined)
    throw new PaydayError(
      'invalid_fault',
      `${kind} on ${teamId}/${serviceId} is to pause the scoring of no known windows`,
    );
  return {
    gameId,
    info: {
      id: faultId(injectionId, teamId),
      injectionId,
      kind,
      teamId,
      serviceId,
      label,
      state: 'armed',
      detail: '',
      startedAt: dueAt,
      expiresAt: dueAt + ttlMs,
      ...(scoring === 'pause' ? { scoring } : {}),
      expectedCostCents: costCents,
      ...(gainCents > 0 ? { expectedGainCents: gainCents } : {}),
    },
    ...(scoring === 'pause' ? { windows } : {}),
    params,
    ttlMs,
    dueAt,
    attempts: 0,
    call: null,
    calls: 0,
    wakeAt: dueAt,
  };
}

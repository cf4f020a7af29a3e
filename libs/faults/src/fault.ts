import type { FaultInfo, FaultScoring } from '#contracts';
import { PaydayError } from '#kernel';
import { NO_MONEY, type ExpectedMoney } from './expected-money.js';

export type FaultParams = Readonly<Record<string, string | number | boolean>>;

/** What a driver is asked to do for a fault; see `FaultDriver`. */
export type Operation = 'fire' | 'confirm' | 'revert' | 'verify';

/** One call of a driver whose answer is awaited. */
export interface DriverCall {
  /** Counts the calls of this fault, from 1. An answer to any other call than the awaited one changes nothing. */
  readonly number: number;
  readonly operation: Operation;
  /** Epoch ms from which the driver is taken to hang. */
  readonly deadlineAt: number;
}

/** Windows are `windowMs` long and counted from `originAt`, epoch ms. */
export interface WindowGrid {
  readonly originAt: number;
  readonly windowMs: number;
}

/** One fault on one team: what is stored, and all that the life cycle needs to go on after a restart. JSON. */
export interface Fault {
  readonly gameId: string;
  readonly info: Readonly<FaultInfo>;
  readonly params: FaultParams;
  readonly ttlMs: number;
  /** When it is to strike, epoch ms. */
  readonly dueAt: number;
  /** Failed attempts in the present state, also across restarts. */
  readonly attempts: number;
  readonly call: DriverCall | null;
  readonly calls: number;
  /** Where windows begin, for faults whose windows don't score (`scoring: 'pause'`). */
  readonly windows?: WindowGrid;
  /** When the life cycle wants its next `tick`, epoch ms; null when nothing will ever happen any more. */
  readonly wakeAt: number | null;
}

export const FAULT_LIMITS = {
  minTtlMs: 1,
  /** No fault lives longer than a day, whoever asks. */
  maxTtlMs: 24 * 60 * 60_000,
} as const;

/** How patient the life cycle is. All in ms or attempts, each ≥ 1. */
export interface LifeCyclePolicy {
  /** How long one driver call may take. */
  readonly callTimeoutMs: number;
  /** Failed attempts to fire and confirm after which the fault is given up (and still reverted and verified). */
  readonly fireAttempts: number;
  /** Failed attempts to revert and verify after which the fault is called stuck. */
  readonly revertAttempts: number;
  /** The pause after the first failed attempt; it doubles with each further one, up to `retryMaxMs`. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** How often a stuck fault is tried again. */
  readonly stuckRetryMs: number;
  /** How often an active fault is looked at, to notice that the team repaired it. */
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
  /** What it is expected to cost, or to bring; default: nothing. */
  expected?: ExpectedMoney;
}

/** The id of an injection's fault on one team. */
export function faultId(injectionId: string, teamId: string): string {
  return `${injectionId}/${teamId}`;
}

/** A new fault, armed: nothing has been sent to anybody. @throws PaydayError `invalid_fault` without a bounded time to live. */
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

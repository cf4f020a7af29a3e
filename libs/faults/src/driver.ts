import type { ChaosPlaces } from '#contracts';
import type { Fault, FaultParams } from './fault.js';

/** What a driver sees of a fault. */
export interface FaultOrder {
  /** Globally unique; contains a slash. */
  readonly id: string;
  readonly kind: string;
  readonly teamId: string;
  readonly serviceId: string;
  readonly params: FaultParams;
  /** The remaining time to live, ms, ≥ 1. The remote system reverts by itself after it, if the driver supports that. */
  readonly ttlMs: number;
}

/** Address and secret of a fault agent. */
export interface FaultAgent {
  /** An origin, e.g. `http://127.0.0.1:8085`. */
  readonly agentUrl: string;
  readonly token: string;
}

/** How to reach a team; each driver reads its own part. */
export interface FaultTarget extends ChaosPlaces {
  readonly teamId: string;
  /** The fault agent in a sandbox team's process, for its services. */
  readonly sandbox?: FaultAgent;
  /** The agent of the TCP proxies in front of a sandbox team's services. */
  readonly tcpProxy?: FaultAgent;
  /** The agents of all probers of the team's game. */
  readonly probers?: readonly FaultAgent[];
}

/** `active`: it acts. `repaired`: the team removed its effect. `gone`: no trace is left. */
export type Presence = 'active' | 'repaired' | 'gone';

/**
 * Injects and reverts faults of some kinds. Every driver guarantees (each line is a named test of the conformance suite):
 * - fires: once `fire` has resolved and `confirm` returns `active`, customers of the service are affected;
 * - reverts: once `revert` has resolved and `verify` returns `gone`, no customer is affected;
 * - idempotent: each operation may be repeated, and `revert` may be called for a fault that never fired;
 * - repaired: a fault that the team repaired is reported as such, and firing it again does not undo the team's work (for
 *   kinds that teams can repair);
 * - dead-man's timer: a fault that is never reverted ends by itself after `ttlMs`, if the remote system has timers; a driver
 *   for a system without timers says so in its comment;
 * - bounded: every operation rejects soon after its signal aborts;
 * - refusals: bad parameters and unreachable targets are `PaydayError`s whose `retryable` says whether a retry can help.
 */
export interface FaultDriver {
  /** For logs, e.g. `sandbox`. */
  readonly name: string;
  readonly kinds: readonly string[];
  /** @throws PaydayError `invalid_fault_params` that names the parameter and what is allowed. */
  checkParams(kind: string, params: FaultParams): void;
  /** Whether this target has what the driver needs for a service, or, without `serviceId`, for any service. */
  reaches(target: FaultTarget, serviceId?: string): boolean;
  fire(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void>;
  /** Whether the fault took effect. */
  confirm(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence>;
  revert(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void>;
  /** Whether any trace of the fault is left. */
  verify(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence>;
}

/** Creates the order for a fault at a point in time. */
export function orderOf(fault: Fault, nowMs: number): FaultOrder {
  const { id, kind, teamId, serviceId, expiresAt } = fault.info;
  return {
    id,
    kind,
    teamId,
    serviceId,
    params: fault.params,
    ttlMs: Math.max(1, Math.min(fault.ttlMs, expiresAt - nowMs)),
  };
}

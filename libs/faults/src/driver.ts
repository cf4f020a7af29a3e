import type { ChaosPlaces } from '#contracts';
import type { Fault, FaultParams } from './fault.js';

/** What a driver sees of a fault. */
export interface FaultOrder {
  /** Unique for ever; contains a slash. */
  readonly id: string;
  readonly kind: string;
  readonly teamId: string;
  readonly serviceId: string;
  readonly params: FaultParams;
  /** What is left of the time to live, ms, ≥ 1: where a driver can, the far side reverts by itself after it. */
  readonly ttlMs: number;
}

/** Where a fault agent listens, and its secret. */
export interface FaultAgent {
  /** An origin, e.g. `http://127.0.0.1:8085`. */
  readonly agentUrl: string;
  readonly token: string;
}

/** How a team can be reached; each driver takes the part that it understands. */
export interface FaultTarget extends ChaosPlaces {
  readonly teamId: string;
  /** The fault agent in a sandbox team's process, for its services. */
  readonly sandbox?: FaultAgent;
  /** The agent of the TCP proxies in front of a sandbox team's services. */
  readonly tcpProxy?: FaultAgent;
  /** The agents of all probers of the team's game. */
  readonly probers?: readonly FaultAgent[];
}

/** `active`: it acts. `repaired`: the team got rid of its effect. `gone`: nothing of it is left. */
export type Presence = 'active' | 'repaired' | 'gone';

/**
 * Breaks things and mends them, for some kinds of faults. What every driver promises (each line is a named test
 * of the conformance suite):
 * - fires: when `fire` has resolved and `confirm` says `active`, a customer of the service feels it;
 * - reverts: when `revert` has resolved and `verify` says `gone`, no customer feels it any more;
 * - idempotent: each operation may be repeated, and `revert` may come for a fault that was never fired;
 * - repaired: a fault that the team repaired says so, and firing it again does not undo the team's work (where a team
 *   can repair it at all);
 * - dead-man: a fault that nobody reverts ends by itself after `ttlMs`, where the far side has timers; a driver whose
 *   far side has none says so in its comment;
 * - bounded: every operation rejects soon after its signal aborts;
 * - refusals: bad parameters and unreachable targets are `PaydayError`s whose `retryable` says whether trying
 *   again can help.
 */
export interface FaultDriver {
  /** For logs, e.g. `sandbox`. */
  readonly name: string;
  readonly kinds: readonly string[];
  /** @throws PaydayError `invalid_fault_params` that names the parameter and what is allowed. */
  checkParams(kind: string, params: FaultParams): void;
  /** Whether this target has what the driver needs for a service; without `serviceId`: for any. */
  reaches(target: FaultTarget, serviceId?: string): boolean;
  fire(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void>;
  /** Whether the fault took effect. */
  confirm(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence>;
  revert(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void>;
  /** Whether anything of the fault is left. */
  verify(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence>;
}

/** The order for a fault at a time. */
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

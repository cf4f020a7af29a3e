import { setMaxListeners } from 'node:events';
import { PaydayError, type Random, type Time } from '#kernel';
import { FAULT_KINDS } from './faults/index.js';
import type { FaultEffect, FaultParams } from './faults/kind.js';
import type { ServiceHost } from './service-host.js';

export interface FaultSpec {
  kind: string;
  serviceId: string;
  params: FaultParams;
  /** Ms after which the fault reverts by itself. 1 to `MAX_TTL_MS`. */
  ttlMs: number;
}

/** `gone` covers reverted and unknown faults. */
export type AgentFaultState = 'active' | 'repaired' | 'gone';

export interface ListedFault extends FaultSpec {
  faultId: string;
  state: 'active' | 'repaired';
  /** Ms until it reverts by itself; 0 for repaired faults. */
  remainingMs: number;
}

export const MAX_TTL_MS = 24 * 60 * 60 * 1000;
/** The maximum of active and remembered repaired faults together; the oldest repaired ones are forgotten first. */
const MAX_FAULTS = 500;

/** What faults act on: a service, or the network in front of it. Both promises resolve when the change has taken effect. */
export interface Struck {
  addEffect(faultId: string, effect: FaultEffect): Promise<void>;
  removeEffect(faultId: string): Promise<void>;
}

interface Entry {
  spec: FaultSpec;
  strikes: 'service' | 'network';
  state: 'active' | 'repaired';
  expiresAtMs: number;
  end: AbortController;
  cancelTimer: () => void;
  started: Promise<void>;
  reverted: Promise<void> | undefined;
}

export interface FaultRegistryOptions {
  hosts: ReadonlyMap<string, ServiceHost>;
  /** What is in front of each service; default: nothing that can be faulted. */
  networks?: ReadonlyMap<string, Struck>;
  random: Random;
  timers: Time;
  /** Default: this machine's. */
  availableBytes?: () => number;
}

/** The active faults of one team: started by the agent, ended by the agent, by time, or by the team's engineer. */
export class FaultRegistry {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly options: FaultRegistryOptions) {}

  /**
   * Starts a fault; resolves when it acts. Repeating it only restarts its time to live.
   * A fault that was repaired stays repaired.
   * @throws PaydayError `unknown_kind`, `unknown_service`, `invalid_params`, `invalid_ttl`, `fault_conflict` (the id is in
   * use for something else), `too_many_faults`.
   */
  async putFault(faultId: string, spec: FaultSpec): Promise<AgentFaultState> {
    const { random, timers } = this.options;
    const kind = FAULT_KINDS.get(spec.kind);
    if (kind === undefined)
      throw new PaydayError('unknown_kind', `no fault kind "${spec.kind}"; there are ${list(FAULT_KINDS)}`);
    const places = this.placesOf(kind.strikes);
    const place = places.get(spec.serviceId);
    if (place === undefined)
      throw new PaydayError(
        'unknown_service',
        `no service "${spec.serviceId}" to strike by ${spec.kind}; there are ${list(places)}`,
      );
    if (!Number.isInteger(spec.ttlMs) || spec.ttlMs < 1 || spec.ttlMs > MAX_TTL_MS)
      throw new PaydayError('invalid_ttl', `ttlMs must be a whole number from 1 to ${MAX_TTL_MS}`);
    // A fault that is ending must be over before it can start again.
    await this.entries.get(faultId)?.reverted;
    const end = new AbortController();
    // Every request that a fault delays listens to this.
    setMaxListeners(0, end.signal);
    const effect = kind.begin(spec.params, {
      serviceId: spec.serviceId,
      random,
      timers,
      ended: end.signal,
      availableBytes: this.options.availableBytes ?? (() => process.availableMemory()),
      changed: () => {
        if (!end.signal.aborted) void place.addEffect(faultId, effect);
      },
    });

    const known = this.entries.get(faultId);
    if (known !== undefined) return this.repeat(faultId, known, spec);
    this.makeRoom();
    const entry: Entry = {
      spec,
      strikes: kind.strikes,
      state: 'active',
      expiresAtMs: 0,
      end,
      cancelTimer: () => undefined,
      started: place.addEffect(faultId, effect),
      reverted: undefined,
    };
    this.entries.set(faultId, entry);
    this.arm(faultId, entry);
    effect.start?.();
    await entry.started;
    return this.state(faultId);
  }

  state(faultId: string): AgentFaultState {
    return this.entries.get(faultId)?.state ?? 'gone';
  }

  list(): ListedFault[] {
    const now = this.options.timers.monotonicMs();
    return [...this.entries].map(([faultId, { spec, state, expiresAtMs }]) => ({
      faultId,
      ...spec,
      state,
      remainingMs: state === 'active' ? Math.max(0, Math.ceil(expiresAtMs - now)) : 0,
    }));
  }

  /** Ends a fault; resolves when it no longer acts. Until then its state is `active`. Unknown ids are accepted. */
  async revert(faultId: string): Promise<void> {
    const entry = this.entries.get(faultId);
    if (entry === undefined) return;
    if (entry.state === 'repaired') {
      this.entries.delete(faultId);
      return;
    }
    entry.reverted ??= this.end(faultId, entry);
    await entry.reverted;
  }

  /** Ends every fault of a service by a clean version of it: they become `repaired`. Faults of its network continue. */
  async repair(serviceId: string): Promise<void> {
    const struck = [...this.entries].filter(
      ([, entry]) =>
        entry.state === 'active' &&
        entry.strikes === 'service' &&
        entry.reverted === undefined &&
        entry.spec.serviceId === serviceId,
    );
    for (const [, entry] of struck) {
      entry.cancelTimer();
      entry.state = 'repaired';
      entry.end.abort();
    }
    await this.options.hosts.get(serviceId)?.redeploy(struck.map(([faultId]) => faultId));
  }

  /** Cancels all timers, for process shutdown. */
  close(): void {
    for (const entry of this.entries.values()) {
      entry.cancelTimer();
      entry.end.abort();
    }
    this.entries.clear();
  }

  private async repeat(faultId: string, known: Entry, spec: FaultSpec): Promise<AgentFaultState> {
    if (!sameFault(known.spec, spec)) {
      const { kind, serviceId } = known.spec;
      throw new PaydayError(
        'fault_conflict',
        `fault "${faultId}" is already ${kind} on ${serviceId}; take a new id`,
      );
    }
    if (known.state === 'active') {
      known.spec = spec;
      this.arm(faultId, known);
    }
    await known.started;
    return this.state(faultId);
  }

  private arm(faultId: string, entry: Entry): void {
    const { timers } = this.options;
    entry.cancelTimer();
    entry.expiresAtMs = timers.monotonicMs() + entry.spec.ttlMs;
    entry.cancelTimer = timers.after(entry.spec.ttlMs, () => void this.revert(faultId));
  }

  private async end(faultId: string, entry: Entry): Promise<void> {
    entry.cancelTimer();
    entry.end.abort();
    await this.placesOf(entry.strikes).get(entry.spec.serviceId)?.removeEffect(faultId);
    this.entries.delete(faultId);
  }

  private placesOf(strikes: 'service' | 'network'): ReadonlyMap<string, Struck> {
    return strikes === 'service' ? this.options.hosts : (this.options.networks ?? new Map());
  }

  private makeRoom(): void {
    if (this.entries.size < MAX_FAULTS) return;
    const oldestRepaired = [...this.entries].find(([, entry]) => entry.state === 'repaired')?.[0];
    if (oldestRepaired === undefined)
      throw new PaydayError('too_many_faults', `${MAX_FAULTS} faults are active; revert some first`);
    this.entries.delete(oldestRepaired);
  }
}

function sameFault(a: FaultSpec, b: FaultSpec): boolean {
  const names = Object.keys(a.params);
  return (
    a.kind === b.kind &&
    a.serviceId === b.serviceId &&
    names.length === Object.keys(b.params).length &&
    names.every((name) => a.params[name] === b.params[name])
  );
}

function list(of: ReadonlyMap<string, unknown>): string {
  return [...of.keys()].join(', ');
}

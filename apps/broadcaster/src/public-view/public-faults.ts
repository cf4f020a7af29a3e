import type { FaultInfo, FaultState, PublicFault } from '#contracts';
import type { Ticker } from './ticker.js';

/** States of a fault that has begun and is not verified gone. */
const ACTING: ReadonlySet<FaultState> = new Set<FaultState>(['firing', 'active', 'reverting', 'stuck']);
/** The faults of one injection begin one by one; this delay lets a single line name all teams. */
const GATHER_MS = 500;

interface Injection {
  faults: Map<string, FaultInfo>;
  /** Times of the first and latest change, epoch ms; null before the first fault fires. */
  beganAt: number | null;
  changedAt: number;
  /** Every team that it ever hit, in order of id once announced. */
  struck: Set<string>;
}

/** The faults of a game, grouped by injection. */
export class PublicFaults {
  private readonly injections = new Map<string, Injection>();
  private current: readonly PublicFault[] = [];
  private changed = false;

  /** @param at when the event was written, epoch ms */
  apply(fault: FaultInfo, at: number): void {
    let injection = this.injections.get(fault.injectionId);
    if (injection === undefined) {
      injection = { faults: new Map(), beganAt: null, changedAt: at, struck: new Set() };
      this.injections.set(fault.injectionId, injection);
    }
    injection.faults.set(fault.id, fault);
    injection.changedAt = at;
    if (ACTING.has(fault.state)) {
      injection.beganAt ??= at;
      injection.struck.add(fault.teamId);
    }
    this.changed = true;
  }

  /** Injections that currently affect at least one team, oldest first. The same array until something changes. */
  acting(): readonly PublicFault[] {
    if (!this.changed) return this.current;
    this.changed = false;
    this.current = [...this.injections.values()]
      .flatMap((injection) => publicFault([...injection.faults.values()]) ?? [])
      .sort((a, b) => a.startedAt - b.startedAt || (a.injectionId < b.injectionId ? -1 : 1));
    return this.current;
  }

  addNews(ticker: Ticker, nowMs: number): void {
    for (const [injectionId, { faults, beganAt, changedAt, struck }] of this.injections) {
      if (beganAt === null || nowMs - beganAt < GATHER_MS) continue;
      const all = [...faults.values()];
      const { label, serviceId } = all[0]!;
      ticker.addEntry({
        id: `fault-started/${injectionId}`,
        at: beganAt,
        event: { kind: 'fault_started', injectionId, label, serviceId, teamIds: [...struck].sort() },
      });
      if (all.some(({ state }) => state !== 'reverted')) continue;
      ticker.addEntry({
        id: `fault-ended/${injectionId}`,
        at: changedAt,
        event: { kind: 'fault_ended', injectionId, label, serviceId },
      });
    }
  }
}

function publicFault(faults: readonly FaultInfo[]): PublicFault | null {
  const acting = faults.filter(({ state }) => ACTING.has(state));
  const first = acting[0];
  if (first === undefined) return null;
  return {
    injectionId: first.injectionId,
    kind: first.kind,
    serviceId: first.serviceId,
    label: first.label,
    startedAt: Math.min(...acting.map(({ startedAt }) => startedAt)),
    expiresAt: Math.max(...acting.map(({ expiresAt }) => expiresAt)),
    teamIds: acting.map(({ teamId }) => teamId).sort(),
  };
}

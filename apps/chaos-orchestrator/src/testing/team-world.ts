import type { ManualTime } from '#testing';
import type { FaultDriver, FaultOrder, FaultTarget, Presence } from '#faults';

export interface Activation {
  faultId: string;
  at: number;
  /** Null while it acts. */
  endedAt: number | null;
}

/**
 * The services of many teams with a simulated clock: a driver that keeps every guarantee of the port, including the dead-man's
 * timer, and can be made to hang, to fail, or never to revert.
 */
export class TeamWorld implements FaultDriver {
  readonly name = 'world';
  readonly activations: Activation[] = [];
  /** Teams without a target. */
  readonly unreachable = new Set<string>();
  /** Teams whose agent accepts calls and never answers. */
  readonly hanging = new Set<string>();
  /** Teams whose agent refuses every call. */
  readonly failing = new Set<string>();
  /** Teams on which a revert does nothing. */
  readonly stubborn = new Set<string>();
  private readonly faults = new Map<
    string,
    { state: Presence; activation: Activation; cancel: () => void }
  >();

  constructor(
    private readonly time: ManualTime,
    readonly kinds: readonly string[] = ['crash', 'slow'],
  ) {}

  checkParams(): void {}

  reaches({ teamId }: FaultTarget): boolean {
    return !this.unreachable.has(teamId);
  }

  async fire(target: FaultTarget, order: FaultOrder): Promise<void> {
    await this.answer(target);
    if (this.faults.has(order.id)) return;
    const activation: Activation = { faultId: order.id, at: this.time.nowMs(), endedAt: null };
    this.activations.push(activation);
    const cancel = this.time.after(order.ttlMs, () => {
      if (!this.stubborn.has(order.teamId)) this.end(order.id, 'gone');
    });
    this.faults.set(order.id, { state: 'active', activation, cancel });
  }

  confirm(target: FaultTarget, order: FaultOrder): Promise<Presence> {
    return this.verify(target, order);
  }

  async revert(target: FaultTarget, order: FaultOrder): Promise<void> {
    await this.answer(target);
    if (!this.stubborn.has(order.teamId)) this.end(order.id, 'gone');
  }

  async verify(target: FaultTarget, order: FaultOrder): Promise<Presence> {
    await this.answer(target);
    return this.faults.get(order.id)?.state ?? 'gone';
  }

  /** The team repairs its service. */
  repair(faultId: string): void {
    this.end(faultId, 'repaired');
  }

  /** Ids of the active faults, sorted. */
  acting(): string[] {
    return [...this.faults]
      .filter(([, { state }]) => state === 'active')
      .map(([id]) => id)
      .sort();
  }

  private end(id: string, state: Presence): void {
    const fault = this.faults.get(id);
    if (fault === undefined) return;
    fault.cancel();
    fault.state = state;
    fault.activation.endedAt ??= this.time.nowMs();
  }

  private answer({ teamId }: FaultTarget): Promise<void> {
    if (this.hanging.has(teamId)) return new Promise(() => undefined);
    return this.failing.has(teamId) ? Promise.reject(new Error('the agent is ill')) : Promise.resolve();
  }
}

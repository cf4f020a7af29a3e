import { PaydayError } from '#kernel';
import { askAgent } from './agent-client.js';
import type { FaultAgent, FaultDriver, FaultOrder, FaultTarget, Presence } from './driver.js';
import type { FaultParams } from './fault.js';
import { checkKindParams, type KindSpecs } from './kind-spec.js';

/**
 * A driver whose far side speaks the fault agent's protocol (docs/adding-a-fault.md). Agents revert by themselves
 * after the time to live. Where a target has several agents, a fault acts when all say so, and is gone when all say so.
 */
export abstract class AgentDriver implements FaultDriver {
  abstract readonly name: string;
  /** For a target without agents: what it lacks. */
  protected abstract readonly lacks: string;

  constructor(private readonly specs: KindSpecs) {}

  get kinds(): readonly string[] {
    return Object.keys(this.specs);
  }

  /** All agents of a target; empty where there are none. */
  protected abstract agentsOf(target: FaultTarget): readonly FaultAgent[];

  /** What the `PUT` says besides the protocol's own fields. */
  protected more(_order: FaultOrder): Readonly<Record<string, unknown>> {
    return {};
  }

  checkParams(kind: string, params: FaultParams): void {
    checkKindParams(this.specs, kind, params);
  }

  reaches(target: FaultTarget): boolean {
    return this.agentsOf(target).length > 0;
  }

  async fire(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void> {
    this.checkParams(order.kind, order.params);
    await this.askAll(target, order, signal, 'PUT');
  }

  async confirm(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence> {
    const presences = await this.askAll(target, order, signal, 'GET');
    return presences.find((presence) => presence !== 'active') ?? 'active';
  }

  async revert(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void> {
    await this.askAll(target, order, signal, 'DELETE');
  }

  async verify(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence> {
    const presences = await this.askAll(target, order, signal, 'GET');
    return (['active', 'repaired'] as const).find((presence) => presences.includes(presence)) ?? 'gone';
  }

  private async askAll(
    target: FaultTarget,
    order: FaultOrder,
    signal: AbortSignal,
    method: 'PUT' | 'GET' | 'DELETE',
  ): Promise<Presence[]> {
    const agents = this.agentsOf(target);
    if (agents.length === 0)
      throw new PaydayError('no_fault_agent', `team ${target.teamId} has no ${this.lacks}`);
    const answers = await Promise.allSettled(
      agents.map((agent) => askAgent(agent, order, signal, method, this.more(order))),
    );
    // Every agent is asked, even if an earlier one is in trouble.
    return answers.map((answer) => {
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value;
    });
  }
}

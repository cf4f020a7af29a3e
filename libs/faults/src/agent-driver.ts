import { PaydayError } from '#kernel';
import { askAgent } from './agent-client.js';
import type { FaultAgent, FaultDriver, FaultOrder, FaultTarget, Presence } from './driver.js';
import type { FaultParams } from './fault.js';
import { checkKindParams, type KindSpecs } from './kind-spec.js';

/**
 * A driver for fault agents that implement the protocol of docs/adding-a-fault.md. Agents revert by themselves after the
 * time to live. If a target has several agents, a fault is active, or gone, once all of them report it.
 */
export abstract class AgentDriver implements FaultDriver {
  abstract readonly name: string;
  /** What a target without agents lacks, for messages. */
  protected abstract readonly lacks: string;

  constructor(private readonly specs: KindSpecs) {}

  get kinds(): readonly string[] {
    return Object.keys(this.specs);
  }

  /** Returns all agents of a target; may be empty. */
  protected abstract agentsOf(target: FaultTarget): readonly FaultAgent[];

  /** Additional fields of the `PUT` body. */
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
    // Ask every agent, even if an earlier one fails.
    return answers.map((answer) => {
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value;
    });
  }
}

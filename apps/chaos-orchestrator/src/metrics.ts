import type { FaultInfo } from '#contracts';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { EntryOutcome } from './store.js';

/** What operators see of the chaos. */
export class ChaosMetrics {
  private readonly changes: Counter<'kind' | 'state'>;
  private readonly entries: Counter<'type' | 'outcome'>;
  private readonly commands: Counter<'action' | 'outcome'>;

  constructor(registry: Registry, list: () => readonly FaultInfo[]) {
    this.changes = new Counter({
      name: 'payday_fault_changes_total',
      help: 'Faults that entered a state',
      labelNames: ['kind', 'state'],
      registers: [registry],
    });
    this.entries = new Counter({
      name: 'payday_timeline_entries_total',
      help: 'Timeline entries that are done: fired, announced or skipped',
      labelNames: ['type', 'outcome'],
      registers: [registry],
    });
    this.commands = new Counter({
      name: 'payday_chaos_commands_total',
      help: 'Commands of facilitators: done, or the code of the refusal',
      labelNames: ['action', 'outcome'],
      registers: [registry],
    });
    new Gauge({
      name: 'payday_faults',
      help: 'Faults that are in a state now; reverted ones are not counted',
      labelNames: ['kind', 'state'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { kind, state } of list()) if (state !== 'reverted') this.inc({ kind, state });
      },
    });
  }

  state({ kind, state }: FaultInfo): void {
    this.changes.inc({ kind, state });
  }

  command(action: string, outcome: string): void {
    this.commands.inc({ action, outcome });
  }

  entry(type: string, outcome: EntryOutcome): void {
    this.entries.inc({ type, outcome });
  }
}

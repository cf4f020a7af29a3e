import { Inject, Injectable } from '@nestjs/common';
import type { FaultInfo } from '#contracts';
import { METRICS } from '#runtime';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { EntryOutcome } from './store/store.js';

/** Injection token of the logger of this service. */
export const CHAOS_LOGGER = Symbol('ChaosLogger');

/** The metrics of this service. */
@Injectable()
export class ChaosMetrics {
  private readonly changes: Counter<'kind' | 'state'>;
  private readonly entries: Counter<'type' | 'outcome'>;
  private readonly commands: Counter<'action' | 'outcome'>;

  constructor(@Inject(METRICS) private readonly registry: Registry) {
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
  }

  /** Exports the number of faults by state. @param list the current faults, called at each scrape */
  gaugeFaults(list: () => readonly FaultInfo[]): void {
    new Gauge({
      name: 'payday_faults',
      help: 'Faults that are in a state now; reverted ones are not counted',
      labelNames: ['kind', 'state'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { kind, state } of list()) if (state !== 'reverted') this.inc({ kind, state });
      },
    });
  }

  countState({ kind, state }: FaultInfo): void {
    this.changes.inc({ kind, state });
  }

  countCommand(action: string, outcome: string): void {
    this.commands.inc({ action, outcome });
  }

  countEntry(type: string, outcome: EntryOutcome): void {
    this.entries.inc({ type, outcome });
  }
}

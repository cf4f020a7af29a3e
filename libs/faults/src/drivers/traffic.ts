import { AgentDriver } from '../agent-driver.js';
import type { FaultAgent, FaultOrder, FaultTarget } from '../driver.js';
import type { KindSpecs } from '../kind-spec.js';

export const TRAFFIC_KINDS = {
  'traffic-spike': {
    effect: 'that many more customers than usual come, and are paid for as any',
    params: { percent: { min: 1, max: 1_000, unit: '%' } },
    expects: (param) => ({
      type: 'traffic',
      percent: param('percent'),
      says: `${param('percent')} % more customers come`,
    }),
  },
} as const satisfies KindSpecs;

/**
 * Makes more customers come, through the probers of the game: every one of them sends more requests to the struck service,
 * of the usual sort, from a stream that the game's seed and the fault's id fix. A spike is gone with its prober: one
 * that is started anew says so. A team can't send customers away.
 */
export class TrafficDriver extends AgentDriver {
  readonly name = 'traffic';
  protected readonly lacks = 'prober that takes load spikes';

  constructor() {
    super(TRAFFIC_KINDS);
  }

  protected agentsOf({ probers }: FaultTarget): readonly FaultAgent[] {
    return probers ?? [];
  }

  protected override more({ teamId }: FaultOrder): Readonly<Record<string, unknown>> {
    return { teamId };
  }
}

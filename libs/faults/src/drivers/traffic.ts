import { AgentDriver } from '../agent-driver.js';
import type { FaultAgent, FaultOrder, FaultTarget } from '../driver.js';
import type { KindSpecs } from '../kind-spec.js';

export const TRAFFIC_KINDS = {
  'traffic-spike': {
    effect: 'that many more customers than usual come, at the usual pay',
    params: { percent: { min: 1, max: 1_000, unit: '%' } },
    expects: (param) => ({
      type: 'traffic',
      percent: param('percent'),
      says: `${param('percent')} % more customers come`,
    }),
  },
} as const satisfies KindSpecs;

/**
 * Sends more customers through the probers of the game: each prober sends additional requests of the usual kind to the struck
 * service, from a random stream seeded by the game's seed and the fault's id. A spike ends with its prober: a restarted one
 * reports it as gone. Teams cannot repair a spike.
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

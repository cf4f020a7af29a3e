import { AgentDriver } from '../agent-driver.js';
import type { FaultAgent, FaultTarget } from '../driver.js';
import type { KindSpecs } from '../kind-spec.js';

export const SANDBOX_KINDS = {
  crash: { effect: 'connections are cut, and no new ones are had', params: {} },
  slow: {
    effect: 'every answer comes that much later',
    params: { delayMs: { min: 1, max: 60_000, unit: 'ms' } },
  },
  'wrong-answer': {
    effect: 'a bad version: right form, wrong values',
    params: {},
  },
  hang: { effect: 'requests are accepted and never answered', params: {} },
  'error-rate': {
    effect: 'that many answers are 500',
    params: { percent: { min: 1, max: 100, unit: '%' } },
  },
  'config-vanishes': {
    effect:
      'the service forgets its addresses and lists: 404, 500 or 502, while its health check stays green',
    params: {},
  },
  'memory-leak': {
    effect: 'from half of the cap on answers get slower, and at the cap the service crashes',
    params: {
      mebibytesPerSecond: { min: 1, max: 16, unit: 'MiB/s' },
      capMebibytes: { min: 8, max: 64, unit: 'MiB' },
    },
  },
} as const satisfies KindSpecs;

/**
 * Breaks the services of a sandbox team through the fault agent in the team's process. The agent reverts by itself
 * after the time to live, so a fault ends even if nobody is left to end it.
 */
export class SandboxDriver extends AgentDriver {
  readonly name = 'sandbox';
  protected readonly lacks = "sandbox: its services can't be broken";

  constructor() {
    super(SANDBOX_KINDS);
  }

  protected agentsOf({ sandbox }: FaultTarget): readonly FaultAgent[] {
    return sandbox === undefined ? [] : [sandbox];
  }
}

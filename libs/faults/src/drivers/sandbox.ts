import { AgentDriver } from '../agent-driver.js';
import type { FaultAgent, FaultTarget } from '../driver.js';
import { EVERY_REQUEST_FAILS, delayed, delays, shareFails, type HarmfulEffect } from '../effect.js';
import type { KindSpecs } from '../kind-spec.js';

export const SANDBOX_KINDS = {
  crash: {
    effect: 'connections are closed, and new ones are refused',
    params: {},
    expects: () => EVERY_REQUEST_FAILS,
  },
  slow: {
    effect: 'every answer is delayed by that time',
    params: { delayMs: { min: 1, max: 60_000, unit: 'ms' } },
    expects: (param) => delays(param('delayMs')),
  },
  'wrong-answer': {
    effect: 'a bad release: well-formed answers with wrong values',
    params: {},
    expects: () => EVERY_REQUEST_FAILS,
  },
  hang: {
    effect: 'requests are accepted and never answered',
    params: {},
    expects: () => EVERY_REQUEST_FAILS,
  },
  'error-rate': {
    effect: 'that share of the answers is a 500',
    params: { percent: { min: 1, max: 100, unit: '%' } },
    expects: (param) => shareFails(param('percent')),
  },
  'config-vanishes': {
    effect:
      'the service forgets its addresses and lists: 404, 500 or 502, while its health check stays green',
    params: {},
    expects: () => EVERY_REQUEST_FAILS,
  },
  'memory-leak': {
    effect: 'answers slow down from half of the cap on; at the cap, the service crashes',
    params: {
      mebibytesPerSecond: { min: 1, max: 16, unit: 'MiB/s' },
      capMebibytes: { min: 8, max: 64, unit: 'MiB' },
    },
    expects: (param) => leak(param('mebibytesPerSecond'), param('capMebibytes')),
  },
} as const satisfies KindSpecs;

/** Delay of answers just below a leak's cap, as implemented in the sandbox. */
const WORST_DELAY_MS = 1_500;

/** Leaks immediately and then every second; slows down from half of the cap on, and is down permanently at the cap. */
function leak(mebibytesPerSecond: number, capMebibytes: number): HarmfulEffect {
  const steps = Math.ceil(capMebibytes / mebibytesPerSecond);
  const strained = Array.from({ length: steps - 1 }, (_, step) => {
    const share = (mebibytesPerSecond * (step + 1)) / capMebibytes;
    const delayMs = Math.round(WORST_DELAY_MS * Math.max(0, 2 * share - 1) ** 2);
    return { fromMs: step * 1000, fates: delayMs === 0 ? [] : [delayed(delayMs)] };
  });
  const { phases } = EVERY_REQUEST_FAILS;
  return {
    type: 'harm',
    phases: [...strained, { ...phases[0]!, fromMs: (steps - 1) * 1000 }],
    says: `after ${steps - 1} s every request fails`,
  };
}

/**
 * Breaks the services of a sandbox team through the fault agent in the team's process. The agent reverts by itself
 * after the time to live, so a fault ends even if no orchestrator is running.
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

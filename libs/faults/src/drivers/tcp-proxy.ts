import { AgentDriver } from '../agent-driver.js';
import type { FaultAgent, FaultTarget } from '../driver.js';
import { EVERY_REQUEST_FAILS, delays, shareFails, sharedRate } from '../effect.js';
import type { KindSpecs } from '../kind-spec.js';

export const TCP_PROXY_KINDS = {
  latency: {
    effect: 'the network delivers every answer that much later',
    params: { delayMs: { min: 1, max: 60_000, unit: 'ms' } },
    expects: (param) => delays(param('delayMs')),
  },
  jitter: {
    effect: 'the network delivers each answer later by a random time up to that',
    params: { maxMs: { min: 1, max: 60_000, unit: 'ms' } },
    expects: (param) => delays(0, param('maxMs')),
  },
  reset: {
    effect: 'that many requests have their connection reset, also those on connections that were kept open',
    params: { percent: { min: 1, max: 100, unit: '%' } },
    expects: (param) => shareFails(param('percent')),
  },
  'black-hole': {
    effect: 'connections are accepted and nothing passes, in neither direction',
    params: {},
    expects: () => EVERY_REQUEST_FAILS,
  },
  bandwidth: {
    effect: 'all answers of the service together pass at that rate',
    params: { bytesPerSecond: { min: 1, max: 100_000_000, unit: 'bytes/s' } },
    expects: (param) => sharedRate(param('bytesPerSecond')),
  },
} as const satisfies KindSpecs;

/**
 * Breaks the network between customers and a sandbox team's services, through the TCP proxies in the team's process.
 * The same agent protocol as the sandbox's, with the same dead-man's timer. A team can't repair its network: a
 * new version of the service changes nothing.
 */
export class TcpProxyDriver extends AgentDriver {
  readonly name = 'tcp-proxy';
  protected readonly lacks = 'proxy of ours in front of its services';

  constructor() {
    super(TCP_PROXY_KINDS);
  }

  protected agentsOf({ tcpProxy }: FaultTarget): readonly FaultAgent[] {
    return tcpProxy === undefined ? [] : [tcpProxy];
  }
}

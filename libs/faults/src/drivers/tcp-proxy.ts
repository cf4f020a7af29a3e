import { AgentDriver } from '../agent-driver.js';
import type { FaultAgent, FaultTarget } from '../driver.js';
import { EVERY_REQUEST_FAILS, delays, shareFails, sharedRate } from '../effect.js';
import type { KindSpecs } from '../kind-spec.js';

export const TCP_PROXY_KINDS = {
  latency: {
    effect: 'the network delays every answer by that time',
    params: { delayMs: { min: 1, max: 60_000, unit: 'ms' } },
    expects: (param) => delays(param('delayMs')),
  },
  jitter: {
    effect: 'the network delays each answer by a random time up to that',
    params: { maxMs: { min: 1, max: 60_000, unit: 'ms' } },
    expects: (param) => delays(0, param('maxMs')),
  },
  reset: {
    effect: 'that share of the requests has its connection reset, even on kept-alive connections',
    params: { percent: { min: 1, max: 100, unit: '%' } },
    expects: (param) => shareFails(param('percent')),
  },
  'black-hole': {
    effect: 'connections are accepted, but no data passes in either direction',
    params: {},
    expects: () => EVERY_REQUEST_FAILS,
  },
  bandwidth: {
    effect: 'all answers of the service share that rate',
    params: { bytesPerSecond: { min: 1, max: 100_000_000, unit: 'bytes/s' } },
    expects: (param) => sharedRate(param('bytesPerSecond')),
  },
} as const satisfies KindSpecs;

/**
 * Breaks the network between customers and a sandbox team's services, through the TCP proxies in the team's process.
 * Uses the sandbox's agent protocol, with the same dead-man's timer. A team cannot repair its network: a new version of
 * the service changes nothing.
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

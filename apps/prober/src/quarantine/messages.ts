import type { RenderedRequest } from '#scenario';
import type { Resolution } from '../dns/index.js';
import type { EndpointLimits } from '../http/endpoint.js';
import type { ExchangeResult } from '../http/exchange.js';
import type { Target } from '../http/target.js';
import type { Verdict } from '../service-client/service-client.js';
import type { WorkBudget } from '../work-meter.js';

/** Messages to the worker. The prober's thread assigns the ids and never reuses one. */
export type ToWorker =
  | {
      kind: 'open';
      endpoint: number;
      teamId: string;
      url: string;
      limits: EndpointLimits;
      work: WorkBudget;
      userAgent: string;
    }
  | { kind: 'call' | 'ask'; call: number; endpoint: number; request: RenderedRequest }
  | { kind: 'timeOut'; call: number; got: string }
  | { kind: 'retire' | 'destroy'; endpoint: number }
  /** The answer to `find`. */
  | { kind: 'found'; query: number; resolution: Resolution };

/** Messages from the worker. */
export type FromWorker =
  | { kind: 'verdict'; call: number; verdict: Verdict }
  | { kind: 'result'; call: number; result: ExchangeResult }
  /** Asks where an endpoint is and whether it may be called: names and rules belong to the prober's thread. */
  | { kind: 'find'; query: number; endpoint: number; target: Target };

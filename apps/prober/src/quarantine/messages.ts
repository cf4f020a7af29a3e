import type { RenderedRequest } from '#scenario';
import type { Resolution } from '../dns/index.js';
import type { EndpointLimits } from '../http/endpoint.js';
import type { ExchangeResult } from '../http/exchange.js';
import type { Target } from '../http/target.js';
import type { Verdict } from '../service-client/service-client.js';
import type { WorkBudget } from '../work-meter.js';

/** What the worker is told. Ids are given by the prober's thread and never used twice. */
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

/** What the worker tells. */
export type FromWorker =
  | { kind: 'verdict'; call: number; verdict: Verdict }
  | { kind: 'result'; call: number; result: ExchangeResult }
  /** Where is this endpoint, and may it be called? Names and rules are the prober's own. */
  | { kind: 'find'; query: number; endpoint: number; target: Target };

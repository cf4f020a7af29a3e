import { Worker } from 'node:worker_threads';
import type { RenderedRequest } from '#scenario';
import type { AddressBook } from '../http/address-book.js';
import type { EndpointLimits } from '../http/endpoint.js';
import type { ExchangeResult, Timing } from '../http/exchange.js';
import { targetOf } from '../http/target.js';
import type { Call, ServiceClient, Verdict } from '../service-client/service-client.js';
import type { WorkBudget } from '../work-meter.js';
import type { FromWorker, ToWorker } from './messages.js';

export interface QuarantineParts {
  monotonicUs: () => number;
  /** Called when the thread ended by itself; it restarts when it is needed. */
  onCrash: (error: unknown) => void;
  /** URL of the built worker. */
  workerUrl?: URL;
}

/** What an endpoint in quarantine needs. */
export interface QuarantinedEndpoint {
  teamId: string;
  url: string;
  limits: EndpointLimits;
  work: WorkBudget;
  userAgent: string;
  book: AddressBook;
}

/** Memory limit of the thread. */
const MAX_HEAP_MB = 256;
const CRASHED = 'the thread that reads the answers of teams in quarantine came to its end';

/** A request that the thread has not answered yet. */
interface Open {
  endpoint: number;
  verdict?: (verdict: Verdict) => void;
  result?: (result: ExchangeResult) => void;
}

/**
 * A separate thread for teams whose answers repeatedly took too much time: they delay each other and nobody else. No delay is
 * excused there: an answer counts from the moment when this thread receives it.
 */
export class Quarantine {
  private worker: Worker | null = null;
  private readonly endpoints = new Map<number, QuarantinedEndpoint>();
  private readonly calls = new Map<number, Open>();
  private lastId = 0;

  constructor(private readonly parts: QuarantineParts) {}

  /** @throws TypeError for a URL that is not http(s). */
  openEndpoint(endpoint: QuarantinedEndpoint): ServiceClient {
    targetOf(endpoint.url);
    const id = ++this.lastId;
    this.endpoints.set(id, endpoint);
    if (this.worker !== null) this.tellOf(id, endpoint);
    return {
      call: (request, onVerdict) => this.call(id, request, onVerdict),
      sendRequest: (request, onDone) => this.begin('ask', request, { endpoint: id, result: onDone }),
      retire: () => this.postMessage({ kind: 'retire', endpoint: id }),
      destroy: () => {
        this.endpoints.delete(id);
        this.postMessage({ kind: 'destroy', endpoint: id });
      },
    };
  }

  /** Ends the thread. Requests in progress get no result. */
  async close(): Promise<void> {
    this.calls.clear();
    const worker = this.worker;
    this.worker = null;
    worker?.removeAllListeners();
    await worker?.terminate();
  }

  private call(
    endpoint: number,
    request: RenderedRequest,
    onVerdict: (verdict: Verdict, timing: Timing) => void,
  ): Call {
    const verdict = (found: Verdict): void => {
      const nowUs = this.parts.monotonicUs();
      onVerdict(found, { earliestUs: nowUs, latestUs: nowUs, ownUs: 0 });
    };
    return this.begin('call', request, { endpoint, verdict });
  }

  private begin(kind: 'call' | 'ask', request: RenderedRequest, open: Open): Call {
    const call = ++this.lastId;
    this.start();
    this.calls.set(call, open);
    this.postMessage({ kind, call, endpoint: open.endpoint, request });
    return {
      ownUs: 0,
      timeOut: (got) => {
        // The thread may be busy, so the deadline is enforced here.
        if (!this.end(call, { outcome: 'timeout', got })) return;
        this.postMessage({ kind: 'timeOut', call, got });
      },
    };
  }

  /** @returns false if it had already ended. */
  private end(call: number, verdict: Verdict): boolean {
    const open = this.calls.get(call);
    if (open === undefined) return false;
    this.calls.delete(call);
    open.verdict?.(verdict);
    open.result?.({ kind: 'failure', outcome: verdict.outcome, got: verdict.got });
    return true;
  }

  private start(): void {
    if (this.worker !== null) return;
    const url = this.parts.workerUrl ?? new URL('./worker.js', import.meta.url);
    const worker = new Worker(url, { resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } });
    this.worker = worker;
    worker.unref();
    worker.on('message', (message: FromWorker) => this.onMessage(message));
    worker.on('error', (error) => this.crashed(worker, error));
    worker.on('exit', () => this.crashed(worker, new Error(CRASHED)));
    for (const [id, endpoint] of this.endpoints) this.tellOf(id, endpoint);
  }

  private onMessage(message: FromWorker): void {
    if (message.kind === 'find') {
      const found = this.endpoints.get(message.endpoint)?.book.find(message.target);
      if (found === undefined) return;
      void Promise.resolve(found).then((resolution) =>
        this.postMessage({ kind: 'found', query: message.query, resolution }),
      );
      return;
    }
    const open = this.calls.get(message.call);
    this.calls.delete(message.call);
    if (message.kind === 'verdict') open?.verdict?.(message.verdict);
    else open?.result?.(message.result);
  }

  /** A team that brings down the thread has caused it: requests in progress are failures. */
  private crashed(worker: Worker, error: unknown): void {
    if (this.worker !== worker) return;
    this.worker = null;
    worker.removeAllListeners();
    this.parts.onCrash(error);
    for (const call of [...this.calls.keys()]) this.end(call, { outcome: 'too_large', got: CRASHED });
  }

  private tellOf(id: number, { teamId, url, limits, work, userAgent }: QuarantinedEndpoint): void {
    this.postMessage({ kind: 'open', endpoint: id, teamId, url, limits, work, userAgent });
  }

  private postMessage(message: ToWorker): void {
    this.worker?.postMessage(message);
  }
}

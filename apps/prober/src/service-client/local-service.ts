import type { RenderedRequest } from '#scenario';
import type { Endpoint } from '../http/endpoint.js';
import type { CustomerRequest } from '../http/customer-request.js';
import type { ExchangeResult, Timing } from '../http/exchange.js';
import { verdictOf, type Call, type ServiceClient, type Verdict } from './service-client.js';

/** A service that this thread calls and judges. */
export class LocalService implements ServiceClient {
  constructor(private readonly endpoint: Endpoint) {}

  call(request: CustomerRequest, onVerdict: (verdict: Verdict, timing: Timing) => void): Call {
    return this.endpoint.send(request, (result, timing) => onVerdict(verdictOf(request, result), timing));
  }

  sendRequest(request: RenderedRequest, onDone: (result: ExchangeResult) => void): Call {
    return this.endpoint.send(request, onDone);
  }

  retire(): void {
    this.endpoint.retire();
  }

  destroy(): void {
    this.endpoint.destroy();
  }
}

import type { RenderedRequest } from '#scenario';
import type { CustomerRequest } from '../http/customer-request.js';
import type { ExchangeResult, Timing } from '../http/exchange.js';
import type { OwnershipMonitor, OwnershipGuard } from '../ownership/index.js';
import type { Call, ServiceClient, Verdict } from './service-client.js';

/** A service that must prove its owner: a correct answer from another team's service does not count. */
export class OwnedService implements ServiceClient {
  /**
   * @param service the endpoint itself
   * @param origin sends checks to the endpoint's origin; the same as `service` if the endpoint has no path
   */
  constructor(
    private readonly service: ServiceClient,
    private readonly origin: ServiceClient,
    private readonly guard: OwnershipGuard,
    private readonly monitor: OwnershipMonitor,
  ) {}

  call(request: CustomerRequest, onVerdict: (verdict: Verdict, timing: Timing) => void): Call {
    return this.service.call(request, (verdict, timing) => onVerdict(this.owned(verdict), timing));
  }

  sendRequest(request: RenderedRequest, onDone: (result: ExchangeResult) => void): Call {
    return this.service.sendRequest(request, onDone);
  }

  retire(): void {
    this.monitor.retire(this.guard);
    this.service.retire();
    this.origin.retire();
  }

  destroy(): void {
    this.monitor.retire(this.guard);
    this.service.destroy();
    this.origin.destroy();
  }

  private owned(verdict: Verdict): Verdict {
    if (verdict.outcome !== 'ok') return verdict;
    const owned = this.guard.judge(verdict.proof ?? null);
    return owned.ok ? verdict : { outcome: 'wrong_body', got: owned.got, expected: owned.expected };
  }
}

import type { Outcome } from '#contracts';
import { judge, type RenderedRequest } from '#scenario';
import type { CustomerRequest } from '../http/customer-request.js';
import type { ExchangeResult, Timing } from '../http/exchange.js';

/** What an answer, or its absence, means for the team. The texts are for people and have any length. */
export interface Verdict {
  outcome: Outcome;
  got: string;
  /** Absent if only a correct answer in time was expected. */
  expected?: string;
  /** The answer's header `Payday-Team`. */
  proof?: string | null;
}

/** A request in progress. */
export interface Call {
  /** Delay that the prober itself has added so far, microseconds. */
  readonly ownUs: number;
  /** Ends the request at its deadline: `onVerdict` is called immediately, or once an answer that has arrived is read. */
  timeOut(got: string): void;
}

/** One team's service, as the sender of requests uses it. */
export interface ServiceClient {
  /** `onVerdict` is called exactly once, possibly synchronously. */
  call(request: CustomerRequest, onVerdict: (verdict: Verdict, timing: Timing) => void): Call;
  /** Sends a request that is not scored and passes the raw answer on. `onDone` is called exactly once, possibly synchronously. */
  sendRequest(request: RenderedRequest, onDone: (result: ExchangeResult) => void): Call;
  /** Accepts no more requests; those in progress may finish. */
  retire(): void;
  /** Closes everything now. Requests in progress get no result. */
  destroy(): void;
}

/** Longest body that is remembered as correct. */
const MAX_RIGHT_BODY = 4_096;

export function verdictOf(request: CustomerRequest, result: ExchangeResult): Verdict {
  if (result.kind === 'failure') return { outcome: result.outcome, got: result.got };
  const { status, bodyText, proof } = result;
  const { expect } = request;
  if (bodyText === request.rightBody && status === expect.status) return { outcome: 'ok', got: '', proof };
  const judgement = judge(expect, result);
  if (judgement.ok) {
    if (request.slot !== undefined && bodyText.length <= MAX_RIGHT_BODY) request.rightBody = bodyText;
    return { outcome: 'ok', got: '', proof };
  }
  const { outcome, got, expected } = judgement;
  return { outcome, got, expected, proof };
}

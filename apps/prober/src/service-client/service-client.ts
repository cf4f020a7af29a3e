import type { Outcome } from '#contracts';
import { judge, type RenderedRequest } from '#scenario';
import type { CustomerRequest } from '../http/customer-request.js';
import type { ExchangeResult, Timing } from '../http/exchange.js';

/** What an answer, or none, means to the team that has to give it. Texts are for people, of any length. */
export interface Verdict {
  outcome: Outcome;
  got: string;
  /** Left out where a right answer within the time was all that was expected. */
  expected?: string;
  /** Of an answer: what its header `Payday-Team` says. */
  proof?: string | null;
}

/** A request that is under way. */
export interface Call {
  /** Microseconds that we ourselves have lost for it so far. */
  readonly ownUs: number;
  /** The deadline has come: `onVerdict` is called, at once or as soon as an answer that is there has been read. */
  timeOut(got: string): void;
}

/** One team's service as the sender of requests sees it. */
export interface ServiceClient {
  /** `onVerdict` is called exactly once, maybe at once. */
  call(request: CustomerRequest, onVerdict: (verdict: Verdict, timing: Timing) => void): Call;
  /** Asks for something that is nobody's pay; the answer comes as it is. `onDone` is called exactly once, maybe at once. */
  sendRequest(request: RenderedRequest, onDone: (result: ExchangeResult) => void): Call;
  /** No more requests will come; those on the wire may finish. */
  retire(): void;
  /** Closes everything now. Of requests that are under way no result is reported. */
  destroy(): void;
}

/** Longest body that is remembered as right. */
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

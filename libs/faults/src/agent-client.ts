import { PaydayError, messageOf } from '#kernel';
import { boundedFetch, excerpt, parsedJson, type BoundedAnswer } from './bounded-fetch.js';
import type { FaultAgent, FaultOrder, Presence } from './driver.js';

/**
 * Sends one request to a fault agent: `PUT`, `GET` or `DELETE` of `/faults/<fault id>` with a bearer token
 * (docs/adding-a-fault.md describes the protocol). `more` is added to the body of a `PUT`.
 * @throws PaydayError `fault_agent_unreachable` (retryable), `fault_refused`.
 */
export async function askAgent(
  { agentUrl, token }: FaultAgent,
  order: FaultOrder,
  signal: AbortSignal,
  method: 'PUT' | 'GET' | 'DELETE',
  more: Readonly<Record<string, unknown>> = {},
): Promise<Presence> {
  // The slash is part of the id, not a path separator.
  const url = new URL(`/faults/${encodeURIComponent(order.id)}`, agentUrl);
  const what = `${method} fault ${order.id}`;
  const { kind, serviceId, params, ttlMs } = order;
  const body = method === 'PUT' ? JSON.stringify({ kind, serviceId, params, ttlMs, ...more }) : undefined;
  let answer: BoundedAnswer;
  try {
    answer = await boundedFetch(url, {
      method,
      signal,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    });
  } catch (cause) {
    throw unreachable(`${what}: ${messageOf(cause)}`, cause);
  }
  if (answer.ok) return presenceIn(answer.text, what);
  throw new PaydayError(
    'fault_refused',
    `${what}: the agent answered ${answer.status} ${refusal(answer.text)}`,
    { retryable: answer.status >= 500 || answer.status === 429 },
  );
}

function presenceIn(text: string, what: string): Presence {
  const state = (parsedJson(text) as { state?: unknown } | null)?.state;
  if (state === 'active' || state === 'repaired' || state === 'gone') return state;
  throw unreachable(`${what}: the answer is not a fault state: ${excerpt(text)}`);
}

function unreachable(message: string, cause?: unknown): PaydayError {
  return new PaydayError('fault_agent_unreachable', message, { retryable: true, cause });
}

/** Returns the agent's `{code,message}`, or the beginning of whatever it sent instead. */
function refusal(text: string): string {
  const { code, message } = (parsedJson(text) ?? {}) as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? `${code}: ${excerpt(String(message))}` : excerpt(text);
}

import { PaydayError, messageOf } from '#kernel';
import type { FaultDriver, FaultOrder, FaultTarget, Presence } from '../driver.js';
import type { FaultParams } from '../fault.js';

/** Longer answers of an agent are not read. */
const MAX_ANSWER_BYTES = 16 * 1024;

/** What a parameter must be; every listed parameter is required, and no other is allowed. */
interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}

const KINDS: Readonly<Record<string, Readonly<Record<string, NumberRule>>>> = {
  crash: {},
  slow: { delayMs: { min: 1, max: 60_000, unit: 'whole milliseconds' } },
  'wrong-answer': {},
  hang: {},
  'error-rate': { percent: { min: 1, max: 100, unit: 'a whole percentage' } },
};

/**
 * Breaks the services of a sandbox team through the fault agent in the team's process:
 * `PUT`, `GET` and `DELETE` of `/faults/<fault id>` with a bearer token. The agent reverts by itself after the
 * time to live, so a fault ends even if nobody is left to end it.
 */
export class SandboxDriver implements FaultDriver {
  readonly name = 'sandbox';
  readonly kinds = Object.keys(KINDS);

  checkParams(kind: string, params: FaultParams): void {
    const rules = KINDS[kind] ?? {};
    for (const name of Object.keys(params))
      if (!Object.hasOwn(rules, name)) throw badParam(kind, name, `is not known${known(rules)}`);
    for (const [name, { min, max, unit }] of Object.entries(rules)) {
      const value = params[name];
      if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
        throw badParam(kind, name, `must be ${unit} from ${min} to ${max}, got ${JSON.stringify(value)}`);
    }
  }

  reaches(target: FaultTarget): boolean {
    return target.sandbox !== undefined;
  }

  async fire(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void> {
    this.checkParams(order.kind, order.params);
    const { kind, serviceId, params, ttlMs } = order;
    await ask(target, order, signal, 'PUT', { kind, serviceId, params, ttlMs });
  }

  confirm(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence> {
    return ask(target, order, signal, 'GET');
  }

  async revert(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void> {
    await ask(target, order, signal, 'DELETE');
  }

  verify(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence> {
    return ask(target, order, signal, 'GET');
  }
}

/** One request to the agent. @throws PaydayError `no_fault_agent`, `fault_agent_unreachable` (retryable), `fault_refused`. */
async function ask(
  target: FaultTarget,
  order: FaultOrder,
  signal: AbortSignal,
  method: 'PUT' | 'GET' | 'DELETE',
  body?: unknown,
): Promise<Presence> {
  if (target.sandbox === undefined)
    throw new PaydayError(
      'no_fault_agent',
      `team ${target.teamId} has no sandbox: its services can't be broken`,
    );
  const { agentUrl, token } = target.sandbox;
  // The id's slash belongs to the id, not to the path.
  const url = new URL(`/faults/${encodeURIComponent(order.id)}`, agentUrl);
  const what = `${method} fault ${order.id}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      signal,
      redirect: 'error',
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await boundedText(response);
  } catch (cause) {
    throw new PaydayError('fault_agent_unreachable', `${what}: ${reasonOf(cause)}`, {
      retryable: true,
      cause,
    });
  }
  if (response.ok) return presenceIn(text, what);
  throw new PaydayError('fault_refused', `${what}: the agent answered ${response.status} ${refusal(text)}`, {
    retryable: response.status >= 500 || response.status === 429,
  });
}

/** The body as text. Stops reading at the bound: an agent's answer is one short line. */
async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function presenceIn(text: string, what: string): Presence {
  const state = (parse(text) as { state?: unknown } | null)?.state;
  if (state === 'active' || state === 'repaired' || state === 'gone') return state;
  throw new PaydayError(
    'fault_agent_unreachable',
    `${what}: the answer is no fault state: ${excerpt(text)}`,
    {
      retryable: true,
    },
  );
}

/** The agent's `{code,message}`, or the beginning of what it said instead. */
function refusal(text: string): string {
  const { code, message } = (parse(text) ?? {}) as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? `${code}: ${excerpt(String(message))}` : excerpt(text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function excerpt(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

/** fetch says "fetch failed" and hides the reason in its cause; several addresses' failures have only a code. */
function reasonOf(thrown: unknown): string {
  const { cause, message } = (thrown ?? {}) as {
    cause?: { message?: string; code?: string };
    message?: string;
  };
  return cause?.message || cause?.code || message || messageOf(thrown);
}

function badParam(kind: string, name: string, problem: string): PaydayError {
  return new PaydayError('invalid_fault_params', `fault ${kind}: the parameter ${name} ${problem}`);
}

function known(rules: Readonly<Record<string, NumberRule>>): string {
  const names = Object.keys(rules);
  return names.length === 0 ? '; this kind takes none' : `; known: ${names.join(', ')}`;
}

import { createHash, timingSafeEqual } from 'node:crypto';
import { PaydayError, type Time } from '#kernel';
import { type Answer, type Handler, HttpProblem, ok, type ServiceRequest, shown } from '../http/service.js';
import type { FaultParams } from './faults/kind.js';
import type { FaultRegistry, FaultSpec } from './fault-registry.js';

/** How long a request waits for a fault to act or to be gone before it reports the current state. */
const SETTLE_MS = 3_000;
const STATUS_OF: Readonly<Record<string, number>> = { fault_conflict: 409, too_many_faults: 429 };

export interface AgentOptions {
  registry: FaultRegistry;
  /** A request with this bearer token may do everything here. */
  token: string;
  timers: Time;
}

/**
 * The HTTP face of a team's faults; README.md documents it. `PUT|GET|DELETE /faults/{id}` and `GET /faults`. An id may
 * hold slashes, percent-encoded or not.
 */
export function createAgent({ registry, token, timers }: AgentOptions): Handler {
  const expected = digest(`Bearer ${token}`);
  return async (request) => {
    if (!timingSafeEqual(digest(request.headers['authorization'] ?? ''), expected))
      throw new HttpProblem(
        401,
        'unauthenticated',
        'send "Authorization: Bearer <token>" with this agent\'s token',
        {
          headers: { 'www-authenticate': 'Bearer' },
        },
      );
    const [collection, ...rest] = request.segments;
    const faultId = rest.join('/');
    if (collection !== 'faults') throw new HttpProblem(404, 'not_found', 'there is only /faults here');
    if (faultId === '') {
      if (request.method !== 'GET') throw notAllowed('GET');
      return ok({ faults: registry.list() });
    }
    if (!/^[\x21-\x7e]{1,200}$/.test(faultId))
      throw new HttpProblem(400, 'invalid_fault_id', 'a fault id is 1 to 200 visible ASCII characters');
    return oneFault(request, faultId);
  };

  async function oneFault(request: ServiceRequest, faultId: string): Promise<Answer> {
    switch (request.method) {
      case 'GET':
        return ok({ state: registry.state(faultId) });
      case 'PUT':
        try {
          return ok({ state: await settled(registry.putFault(faultId, faultSpec(request.body))) });
        } catch (error) {
          if (!(error instanceof PaydayError)) throw error;
          throw new HttpProblem(STATUS_OF[error.code] ?? 400, error.code, error.message);
        }
      case 'DELETE':
        await settled(registry.revert(faultId));
        return ok({ state: registry.state(faultId) });
      default:
        throw notAllowed('GET, PUT, DELETE');
    }
  }

  async function settled<T>(work: Promise<T>): Promise<T> {
    let cancel = (): void => undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const problem = new HttpProblem(503, 'not_settled', 'the service has not changed yet; ask again', {
        headers: { 'retry-after': '1' },
      });
      cancel = timers.after(SETTLE_MS, () => reject(problem));
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      cancel();
    }
  }
}

/** The agent's problems are `{code, message}`. */
export function agentProblem(problem: HttpProblem): Answer {
  return {
    status: problem.status,
    headers: problem.headers,
    body: { code: problem.code, message: problem.message },
  };
}

/** Hashes have one length, which a comparison in constant time needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** @throws HttpProblem 400 `invalid_body` or `invalid_params`. The registry checks the values. */
function faultSpec(body: unknown): FaultSpec {
  if (!isObject(body))
    throw new HttpProblem(400, 'invalid_body', 'send {"kind","serviceId","params","ttlMs"} as JSON');
  const { kind, serviceId, params = {}, ttlMs, ...others } = body;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined)
    throw new HttpProblem(400, 'invalid_body', `"${shown(unknown)}" is not known here`);
  if (typeof kind !== 'string' || typeof serviceId !== 'string')
    throw new HttpProblem(400, 'invalid_body', '"kind" and "serviceId" must be texts');
  if (typeof ttlMs !== 'number')
    throw new HttpProblem(400, 'invalid_ttl', '"ttlMs" must be a whole number of milliseconds');
  const scalar = ['string', 'number', 'boolean'];
  if (!isObject(params) || Object.values(params).some((value) => !scalar.includes(typeof value)))
    throw new HttpProblem(400, 'invalid_params', '"params" must be an object of texts, numbers and booleans');
  return { kind: shown(kind), serviceId: shown(serviceId), params: params as FaultParams, ttlMs };
}

function notAllowed(allow: string): HttpProblem {
  return new HttpProblem(405, 'method_not_allowed', `only ${allow} is possible here`, { headers: { allow } });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

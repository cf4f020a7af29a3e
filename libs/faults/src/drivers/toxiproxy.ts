import type { ToxiproxyPlace } from '#contracts';
import { messageOf, PaydayError } from '#kernel';
import { boundedFetch, excerpt, parsedJson, type BoundedAnswer } from '../bounded-fetch.js';
import type { FaultDriver, FaultOrder, FaultTarget, Presence } from '../driver.js';
import { ANSWER_BYTES, EVERY_REQUEST_FAILS, bytesPerConnection, delays } from '../effect.js';
import type { FaultParams } from '../fault.js';
import { checkKindParams, numberParam, type KindSpecs } from '../kind-spec.js';
import { farName, hasPlace, placeOf } from '../places.js';

export const TOXIPROXY_KINDS = {
  'toxiproxy-latency': {
    effect: 'the network delays every answer by that time',
    params: {
      delayMs: { min: 1, max: 60_000, unit: 'ms' },
      jitterMs: { min: 0, max: 60_000, unit: 'ms', default: 0 },
    },
    expects: (param) => {
      const [delayMs, jitterMs] = [param('delayMs'), param('jitterMs')];
      return delays(Math.max(0, delayMs - jitterMs), delayMs + jitterMs);
    },
  },
  'toxiproxy-bandwidth': {
    effect: 'each connection delivers answers at that rate',
    params: { kilobytesPerSecond: { min: 1, max: 1_000_000, unit: 'kB/s' } },
    // Customers keep several connections, each with its own rate, so answers do not queue behind each other.
    expects: (param) => delays(Math.ceil(ANSWER_BYTES / param('kilobytesPerSecond'))),
  },
  'toxiproxy-timeout': {
    effect: 'answers are lost; connections are closed when the fault ends',
    params: {},
    expects: () => EVERY_REQUEST_FAILS,
  },
  'toxiproxy-reset-peer': {
    effect: 'connections are reset instead of answered',
    params: {},
    expects: () => EVERY_REQUEST_FAILS,
  },
  'toxiproxy-limit-data': {
    effect: 'each connection breaks after that many bytes of answers',
    params: { bytes: { min: 0, max: 1_000_000_000, unit: 'bytes' } },
    expects: (param) => bytesPerConnection(param('bytes')),
  },
  'toxiproxy-down': {
    effect: 'connections are closed, and new ones are refused',
    params: {},
    expects: () => EVERY_REQUEST_FAILS,
  },
} as const satisfies KindSpecs;

/** A proxy, as reported by the server. */
interface ShownProxy {
  enabled: boolean;
  toxics: { name: string }[];
}

/** A proxy with all its toxics can be a long answer. */
const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * Breaks the network through a Toxiproxy server's HTTP API. Each fault is one toxic named after the fault's id, so that
 * reverting removes exactly that toxic and any process finds those of its predecessor. A disabled proxy also has a no-op toxic
 * as a mark, and is enabled again when the last mark is gone.
 *
 * Toxiproxy has no timers: only an orchestrator, possibly a restarted one, ends a fault. It also stores nothing: a restarted
 * server has no toxics. In that case the fault is gone if and only if the proxy exists. Without the proxy, customers reach
 * nothing, so no fault is reported as gone until the proxy exists again; this driver recreates it if the target says how.
 */
export class ToxiproxyDriver implements FaultDriver {
  readonly name = 'toxiproxy';
  readonly kinds = Object.keys(TOXIPROXY_KINDS);

  checkParams(kind: string, params: FaultParams): void {
    checkKindParams(TOXIPROXY_KINDS, kind, params);
  }

  reaches(target: FaultTarget, serviceId?: string): boolean {
    return hasPlace(target.toxiproxy, serviceId);
  }

  async fire(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void> {
    this.checkParams(order.kind, order.params);
    const api = apiOf(target, order, signal);
    await api.ensureProxy();
    const added = await api.request('POST', '/toxics', toxicOf(order));
    // 409: it exists already.
    if (!added.ok && added.status !== 409) throw refused(added, order);
    if (order.kind === 'toxiproxy-down') await api.enable(false);
  }

  async confirm(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence> {
    return presence(await apiOf(target, order, signal).proxy(), order);
  }

  async revert(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void> {
    const api = apiOf(target, order, signal);
    const { toxics } = await api.ensureProxy();
    const name = nameOf(order);
    if (toxics.some((toxic) => toxic.name === name)) {
      const removed = await api.request('DELETE', `/toxics/${name}`);
      if (!removed.ok && removed.status !== 404) throw refused(removed, order);
    }
    if (order.kind !== 'toxiproxy-down') return;
    const { enabled, toxics: left } = await api.proxy();
    if (!enabled && !left.some(isDownMark)) await api.enable(true);
  }

  async verify(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence> {
    return presence(await apiOf(target, order, signal).proxy(), order);
  }
}

function presence({ enabled, toxics }: ShownProxy, order: FaultOrder): Presence {
  const isThere = toxics.some(({ name }) => name === nameOf(order));
  if (order.kind !== 'toxiproxy-down') return isThere ? 'active' : 'gone';
  // No mark, but still disabled: this fault is not reverted, unless another fault keeps the proxy disabled.
  return enabled || (!isThere && toxics.some(isDownMark)) ? 'gone' : 'active';
}

const DOWN_MARK = 'down-';

function nameOf({ id, kind }: FaultOrder): string {
  return `${kind === 'toxiproxy-down' ? DOWN_MARK : ''}${farName(id)}`;
}

function isDownMark({ name }: { name: string }): boolean {
  return name.startsWith(`${DOWN_MARK}payday-`);
}

/** Returns the toxic of a fault, as the body of `POST …/toxics`. */
function toxicOf(order: FaultOrder): Record<string, unknown> {
  const value = (name: string): number => numberParam(TOXIPROXY_KINDS, order.kind, order.params, name);
  const toxic = (type: string, attributes: Record<string, number>, toxicity = 1) => ({
    name: nameOf(order),
    type,
    stream: 'downstream',
    toxicity,
    attributes,
  });
  switch (order.kind) {
    case 'toxiproxy-latency':
      return toxic('latency', { latency: value('delayMs'), jitter: value('jitterMs') });
    case 'toxiproxy-bandwidth':
      return toxic('bandwidth', { rate: value('kilobytesPerSecond') });
    case 'toxiproxy-timeout':
      return toxic('timeout', { timeout: 0 });
    case 'toxiproxy-reset-peer':
      return toxic('reset_peer', { timeout: 0 });
    case 'toxiproxy-limit-data':
      return toxic('limit_data', { bytes: value('bytes') });
    default:
      return toxic('latency', { latency: 0, jitter: 0 }, 0);
  }
}

interface Api {
  request(method: string, path: string, body?: unknown): Promise<BoundedAnswer>;
  /** @throws PaydayError `toxiproxy_proxy_missing` (retryable) if the server doesn't know the proxy. */
  proxy(): Promise<ShownProxy>;
  /** Like `proxy`, but recreates the proxy if the target says how. */
  ensureProxy(): Promise<ShownProxy>;
  enable(enabled: boolean): Promise<void>;
}

function apiOf(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Api {
  const place = placeOf(target.toxiproxy, order, 'toxiproxy');
  const root = `/proxies/${encodeURIComponent(place.proxy)}`;
  const api: Api = {
    request: (method, path, body) => request(place, method, root + path, order, signal, body),
    async proxy() {
      const answer = await api.request('GET', '');
      if (answer.status === 404) throw missing(place);
      if (!answer.ok) throw refused(answer, order);
      return shownProxy(answer, order);
    },
    async ensureProxy() {
      const answer = await api.request('GET', '');
      if (answer.status !== 404) return api.proxy();
      const { proxy: name, listen, upstream } = place;
      if (listen === undefined || upstream === undefined) throw missing(place);
      const made = await request(place, 'POST', '/proxies', order, signal, {
        name,
        listen,
        upstream,
        enabled: true,
      });
      if (!made.ok && made.status !== 409) throw refused(made, order);
      return api.proxy();
    },
    async enable(enabled) {
      const answer = await api.request('POST', '', { enabled });
      if (!answer.ok) throw refused(answer, order);
    },
  };
  return api;
}

async function request(
  place: ToxiproxyPlace,
  method: string,
  path: string,
  order: FaultOrder,
  signal: AbortSignal,
  body?: unknown,
): Promise<BoundedAnswer> {
  try {
    return await boundedFetch(
      new URL(path, place.url),
      {
        method,
        signal,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      },
      MAX_ANSWER_BYTES,
    );
  } catch (cause) {
    throw unreachable(`fault ${order.id}: Toxiproxy at ${place.url}: ${messageOf(cause)}`, cause);
  }
}

function shownProxy({ text }: BoundedAnswer, order: FaultOrder): ShownProxy {
  const shown = parsedJson(text) as Partial<ShownProxy> | null;
  if (typeof shown?.enabled === 'boolean' && Array.isArray(shown.toxics)) return shown as ShownProxy;
  throw unreachable(`fault ${order.id}: the answer is not a Toxiproxy proxy: ${excerpt(text)}`);
}

function missing({ url, proxy }: ToxiproxyPlace): PaydayError {
  return new PaydayError(
    'toxiproxy_proxy_missing',
    `Toxiproxy at ${url} has no proxy "${proxy}" (was it restarted?): recreate it, or set listen and upstream in the chaos targets so that the driver can recreate it`,
    { retryable: true },
  );
}

function unreachable(message: string, cause?: unknown): PaydayError {
  return new PaydayError('toxiproxy_unreachable', message, { retryable: true, cause });
}

function refused({ status, text }: BoundedAnswer, { id }: FaultOrder): PaydayError {
  return new PaydayError('fault_refused', `fault ${id}: Toxiproxy answered ${status} ${excerpt(text)}`, {
    retryable: status >= 500,
  });
}

import type { CustomObjectsApi, ObservableMiddleware } from '@kubernetes/client-node';
import type { KubernetesPlace } from '#contracts';
import { messageOf, PaydayError } from '#kernel';
import type { FaultDriver, FaultOrder, FaultTarget, Presence } from '../driver.js';
import { EVERY_REQUEST_FAILS, delays, shareFails } from '../effect.js';
import type { FaultParams } from '../fault.js';
import { checkKindParams, numberParam, type KindSpecs } from '../kind-spec.js';
import { farName, hasPlace, placeOf } from '../places.js';
import { pauseFor } from '../pause-for.js';

export const KUBERNETES_KINDS = {
  'kubernetes-pod-failure': {
    effect: 'all pods of the service are down',
    params: {},
    expects: () => EVERY_REQUEST_FAILS,
  },
  'kubernetes-network-delay': {
    effect: 'the network of the pods delays all traffic by that time',
    params: {
      delayMs: { min: 1, max: 60_000, unit: 'ms' },
      jitterMs: { min: 0, max: 60_000, unit: 'ms', default: 0 },
    },
    expects: (param) => {
      const [delayMs, jitterMs] = [param('delayMs'), param('jitterMs')];
      return delays(Math.max(0, delayMs - jitterMs), delayMs + jitterMs);
    },
  },
  'kubernetes-network-loss': {
    effect: 'the network of the pods drops that share of the packets',
    params: { percent: { min: 1, max: 100, unit: '%' } },
    expects: (param) => shareFails(param('percent')),
  },
  'kubernetes-cpu-stress': {
    effect: 'another load uses the CPUs of the pods',
    params: {
      workers: { min: 1, max: 64, unit: 'workers' },
      percent: { min: 1, max: 100, unit: '%', default: 100 },
    },
    expects: () => EVERY_REQUEST_FAILS,
  },
  'kubernetes-memory-stress': {
    effect: 'another load uses the memory of the pods',
    params: { mebibytes: { min: 1, max: 65_536, unit: 'MiB' } },
    expects: () => EVERY_REQUEST_FAILS,
  },
} as const satisfies KindSpecs;

const GROUP = 'chaos-mesh.org';
const VERSION = 'v1alpha1';
/** Maps the kind of a custom resource to its name in the API. */
const PLURAL = { PodChaos: 'podchaos', NetworkChaos: 'networkchaos', StressChaos: 'stresschaos' } as const;

/** The fields of a Chaos Mesh resource that the driver reads. */
interface ChaosResource {
  metadata?: { deletionTimestamp?: string };
  status?: {
    conditions?: { type: string; status: string; reason?: string }[];
    experiment?: { desiredPhase?: 'Run' | 'Stop' };
  };
}

/**
 * Breaks pods through Chaos Mesh: each fault is one custom resource in the pods' namespace, named after the fault's id.
 * Its `duration` is the time to live, so Chaos Mesh itself is the dead-man's timer. The driver trusts the resource's
 * conditions: `AllInjected`, and, once it should stop, `AllRecovered`.
 */
export class KubernetesDriver implements FaultDriver {
  readonly name = 'kubernetes';
  readonly kinds = Object.keys(KUBERNETES_KINDS);
  private readonly apis = new Map<string, Promise<Connection>>();

  /** @param pollMs poll interval while Chaos Mesh injects or recovers */
  constructor(private readonly pollMs = 200) {}

  checkParams(kind: string, params: FaultParams): void {
    checkKindParams(KUBERNETES_KINDS, kind, params);
  }

  reaches(target: FaultTarget, serviceId?: string): boolean {
    return hasPlace(target.kubernetes, serviceId);
  }

  async fire(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void> {
    this.checkParams(order.kind, order.params);
    const { api, place, options } = await this.reach(target, order, signal);
    const { kind, spec } = experimentOf(order);
    const body = {
      apiVersion: `${GROUP}/${VERSION}`,
      kind,
      metadata: {
        name: farName(order.id),
        namespace: place.namespace,
        labels: { 'app.kubernetes.io/managed-by': 'payday', 'payday.dev/fault': farName(order.id) },
        annotations: { 'payday.dev/fault-id': order.id },
      },
      spec: {
        mode: 'all',
        selector: { namespaces: [place.namespace], labelSelectors: place.selector },
        duration: `${order.ttlMs}ms`,
        ...spec,
      },
    };
    const at = { group: GROUP, version: VERSION, namespace: place.namespace, plural: PLURAL[kind], body };
    await refusing(order, 'create', [409], () => api.createNamespacedCustomObject(at, options));
  }

  /** Waits until everything is injected. @throws PaydayError `not_injected` (retryable) if `signal` aborts first */
  async confirm(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence> {
    return this.watch(target, order, signal, 'not_injected', (resource) => {
      if (resource === null || isRecovered(resource)) return 'gone';
      return isInjected(resource) ? 'active' : undefined;
    });
  }

  /** Deletes the resource and waits until it is gone: Chaos Mesh removes it after it has recovered everything. */
  async revert(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void> {
    const { api, at, options } = await this.reach(target, order, signal);
    await refusing(order, 'delete', [404], () => api.deleteNamespacedCustomObject(at, options));
    await this.watch(target, order, signal, 'not_recovered', (resource) =>
      resource === null ? 'gone' : undefined,
    );
  }

  /**
   * Polls the resource until `settled` returns a value.
   * @throws PaydayError `code` (retryable) with the last status of Chaos Mesh if `signal` aborts first
   */
  private async watch(
    target: FaultTarget,
    order: FaultOrder,
    signal: AbortSignal,
    code: 'not_injected' | 'not_recovered',
    settled: (resource: ChaosResource | null) => Presence | undefined,
  ): Promise<Presence> {
    const notYet = (said: ChaosResource): PaydayError =>
      new PaydayError(code, `fault ${order.id}: Chaos Mesh ${whatItSays(said)}`, { retryable: true });
    let last: ChaosResource | null = null;
    for (;;) {
      let resource: ChaosResource | null;
      try {
        resource = await this.readResource(target, order, signal);
      } catch (error) {
        // Time ran out during the last poll: the previous status is more informative.
        if (last !== null && signal.aborted) throw notYet(last);
        throw error;
      }
      const presence = settled(resource);
      if (presence !== undefined) return presence;
      last = resource;
      if (!(await pauseFor(this.pollMs, signal))) throw notYet(resource!);
    }
  }

  async verify(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence> {
    const resource = await this.readResource(target, order, signal);
    return resource === null || isRecovered(resource) ? 'gone' : 'active';
  }

  private async readResource(
    target: FaultTarget,
    order: FaultOrder,
    signal: AbortSignal,
  ): Promise<ChaosResource | null> {
    const { api, at, options } = await this.reach(target, order, signal);
    const found = await refusing(order, 'read', [404], () => api.getNamespacedCustomObject(at, options));
    return found === undefined ? null : (found as ChaosResource);
  }

  private async reach(target: FaultTarget, order: FaultOrder, signal: AbortSignal) {
    const place = placeOf(target.kubernetes, order, 'kubernetes');
    const key = JSON.stringify([place.kubeconfig, place.context]);
    let api = this.apis.get(key);
    if (api === undefined) {
      api = connect(place);
      this.apis.set(key, api);
      // A failed read may succeed later.
      api.catch(() => this.apis.delete(key));
    }
    const { objects, Observable } = await api;
    const middleware: ObservableMiddleware = {
      pre: (context) => {
        context.setSignal(signal);
        return new Observable(Promise.resolve(context));
      },
      post: (context) => new Observable(Promise.resolve(context)),
    };
    return {
      api: objects,
      place,
      at: {
        group: GROUP,
        version: VERSION,
        namespace: place.namespace,
        plural: PLURAL[experimentOf(order).kind],
        name: farName(order.id),
      },
      options: { middleware: [middleware], middlewareMergeStrategy: 'append' as const },
    };
  }
}

interface Connection {
  objects: CustomObjectsApi;
  /** From the loaded client. */
  Observable: typeof import('@kubernetes/client-node').Observable;
}

/** @throws PaydayError `driver_client_missing`, `invalid_kubeconfig`. */
async function connect({ kubeconfig, context }: KubernetesPlace): Promise<Connection> {
  // Loading takes half a second and many megabytes, which games without a cluster should not pay.
  const client = await import('@kubernetes/client-node').catch((cause: unknown) => {
    throw new PaydayError(
      'driver_client_missing',
      'the kubernetes driver needs its client: npm install @kubernetes/client-node',
      { cause },
    );
  });
  try {
    const config = new client.KubeConfig();
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
    if (context !== undefined) {
      if (config.getContextObject(context) === null) throw new Error(`there is no context "${context}"`);
      config.setCurrentContext(context);
    }
    return { objects: config.makeApiClient(client.CustomObjectsApi), Observable: client.Observable };
  } catch (cause) {
    throw new PaydayError(
      'invalid_kubeconfig',
      `the kubeconfig ${kubeconfig ?? 'of this process'} can't be used: ${messageOf(cause)}`,
      { cause },
    );
  }
}

/** Returns the kind and the kind-specific part of the spec of a fault's resource. */
function experimentOf(order: FaultOrder): { kind: keyof typeof PLURAL; spec: Record<string, unknown> } {
  const value = (name: string): number => numberParam(KUBERNETES_KINDS, order.kind, order.params, name);
  switch (order.kind) {
    case 'kubernetes-network-delay': {
      const delay = { latency: `${value('delayMs')}ms`, jitter: `${value('jitterMs')}ms`, correlation: '0' };
      return { kind: 'NetworkChaos', spec: { action: 'delay', direction: 'to', delay } };
    }
    case 'kubernetes-network-loss': {
      const loss = { loss: String(value('percent')), correlation: '0' };
      return { kind: 'NetworkChaos', spec: { action: 'loss', direction: 'to', loss } };
    }
    case 'kubernetes-cpu-stress':
      return {
        kind: 'StressChaos',
        spec: { stressors: { cpu: { workers: value('workers'), load: value('percent') } } },
      };
    case 'kubernetes-memory-stress':
      return {
        kind: 'StressChaos',
        spec: { stressors: { memory: { workers: 1, size: `${value('mebibytes')}MiB` } } },
      };
    default:
      return { kind: 'PodChaos', spec: { action: 'pod-failure' } };
  }
}

function holds({ status }: ChaosResource, type: string): boolean {
  return status?.conditions?.some((each) => each.type === type && each.status === 'True') ?? false;
}

/** `AllRecovered` is also true before injection, so the desired phase decides. */
function isRecovered(resource: ChaosResource): boolean {
  return resource.status?.experiment?.desiredPhase === 'Stop' && holds(resource, 'AllRecovered');
}

/** `AllInjected` is also true without any matching pod. */
function isInjected(resource: ChaosResource): boolean {
  return (
    resource.status?.experiment?.desiredPhase !== 'Stop' &&
    holds(resource, 'Selected') &&
    holds(resource, 'AllInjected')
  );
}

function whatItSays({ metadata, status }: ChaosResource): string {
  if (metadata?.deletionTimestamp !== undefined) return 'has not recovered everything yet';
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) return 'has not processed it yet (is its controller running?)';
  if (conditions.some(({ type, status: value }) => type === 'Selected' && value !== 'True'))
    return 'finds no pod for the selector of the chaos targets';
  return `says ${conditions.map(({ type, status: value, reason }) => `${type}=${value}${reason ? ` (${reason})` : ''}`).join(', ')}`;
}

/** Makes one call. @returns undefined if the API answered with a status in `fine` */
async function refusing<T>(
  order: FaultOrder,
  what: string,
  fine: readonly number[],
  call: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await call();
  } catch (cause) {
    const { code, body } = (cause ?? {}) as { code?: unknown; body?: unknown };
    if (typeof code !== 'number')
      throw new PaydayError('kubernetes_unreachable', `${what} fault ${order.id}: ${messageOf(cause)}`, {
        retryable: true,
        cause,
      });
    if (fine.includes(code)) return undefined;
    throw new PaydayError(
      'fault_refused',
      `${what} fault ${order.id}: the cluster answered ${code} ${reasonIn(body)}${HINTS[code] ?? ''}`,
      { retryable: code >= 500 || code === 429 || code === 409 },
    );
  }
}

const HINTS: Readonly<Record<number, string>> = {
  403: '; docs/faults.md says which rights are needed',
  404: '; is Chaos Mesh installed in this cluster?',
};

function reasonIn(body: unknown): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? '');
  const [, message] = /"message":"((?:[^"\\]|\\.)*)"/.exec(text) ?? [];
  return (message ?? text).slice(0, 200);
}

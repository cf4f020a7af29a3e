import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualTime } from '#testing';
import { closed, listening, portOf } from './servers.js';

export const CLUSTER_TOKEN = 'a-service-account-token';
const PATH =
  /^\/apis\/chaos-mesh\.org\/v1alpha1\/namespaces\/([a-z0-9-]+)\/(podchaos|networkchaos|stresschaos)(?:\/([a-z0-9-]+))?$/;
const KIND_OF: Record<string, string> = {
  podchaos: 'PodChaos',
  networkchaos: 'NetworkChaos',
  stresschaos: 'StressChaos',
};

interface Held {
  body: ChaosBody;
  /** Number of reads: the controller needs a few for every step. */
  looks: number;
  isOver: boolean;
  deletedAfterLooks: number | null;
  cancel: () => void;
}

interface ChaosBody {
  kind: string;
  metadata: { name: string; labels: Record<string, string> };
  spec: { mode: string; duration: string; selector: { labelSelectors: Record<string, string> } };
}

/**
 * Implements the part of the Kubernetes API that Chaos Mesh's custom resources need, and behaves like its controller: a
 * resource has no status at first, is recovered before it is injected, stops after its duration, and outlives its deletion
 * until everything is recovered. No real cluster: see docs/faults.md.
 */
export async function openKubernetesStandIn(pods: Readonly<Record<string, string>>) {
  const timers = new ManualTime(0);
  const held = new Map<string, Held>();
  const server = await listening(createServer((request, response) => void answer(request, response)));
  const folder = await mkdtemp(join(tmpdir(), 'payday-kube-'));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const failure = (code: number, reason: string): void =>
      send(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: reason, code });
    if (request.headers.authorization !== `Bearer ${CLUSTER_TOKEN}`) return failure(401, 'Unauthorized');
    const [, namespace, plural, name] = PATH.exec(request.url ?? '') ?? [];
    if (plural === undefined) return failure(404, 'the server could not find the requested resource');
    if (namespace !== 'fenrir') return failure(403, `namespace "${namespace}" is forbidden`);
    const key = `${plural}/${name}`;
    if (request.method === 'POST' && name === undefined) {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as ChaosBody;
      if (body.kind !== KIND_OF[plural] || body.spec.mode !== 'all')
        return failure(422, 'the resource is invalid');
      const created = `${plural}/${body.metadata.name}`;
      if (held.has(created)) return failure(409, `"${body.metadata.name}" already exists`);
      const [, ms] = /^(\d+)ms$/.exec(body.spec.duration) ?? [];
      const entry: Held = { body, looks: 0, isOver: false, deletedAfterLooks: null, cancel: () => undefined };
      entry.cancel = timers.after(Number(ms), () => (entry.isOver = true));
      held.set(created, entry);
      return send(201, body);
    }
    const entry = held.get(key);
    if (entry === undefined) return failure(404, `${KIND_OF[plural]} "${name}" not found`);
    entry.looks++;
    standIn.onLook(entry.looks);
    if (request.method === 'DELETE') {
      entry.cancel();
      entry.deletedAfterLooks ??= entry.looks + 2;
      return send(200, { kind: 'Status', status: 'Success' });
    }
    if (entry.deletedAfterLooks !== null && entry.looks >= entry.deletedAfterLooks) {
      held.delete(key);
      return failure(404, `${KIND_OF[plural]} "${name}" not found`);
    }
    const deletionTimestamp = entry.deletedAfterLooks === null ? undefined : '2026-01-01T00:00:00Z';
    return send(200, {
      ...entry.body,
      metadata: { ...entry.body.metadata, deletionTimestamp },
      status: statusOf(entry),
    });
  }

  function isSelected({ body }: Held): boolean {
    return Object.entries(body.spec.selector.labelSelectors).every(([label, value]) => pods[label] === value);
  }

  function isInjected(entry: Held): boolean {
    return !entry.isOver && entry.looks > 2 && isSelected(entry);
  }

  function statusOf(entry: Held): unknown {
    if (entry.looks < 2 && !entry.isOver) return undefined;
    const isStopping = entry.isOver || entry.deletedAfterLooks !== null;
    const condition = (type: string, holds: boolean) => ({ type, status: holds ? 'True' : 'False' });
    return {
      experiment: { desiredPhase: isStopping ? 'Stop' : 'Run' },
      conditions: [
        condition('Selected', isSelected(entry)),
        // Without pods, both are vacuously true.
        condition('AllInjected', isInjected(entry) || !isSelected(entry)),
        condition('AllRecovered', !isInjected(entry)),
        condition('Paused', false),
      ],
    };
  }

  const standIn = {
    timers,
    held,
    port: portOf(server),
    /** Called before each answer about a resource, with the number of reads so far. */
    onLook: (_looks: number): void => undefined,
    isAnyInjected: (): boolean => [...held.values()].some((entry) => isInjected(entry)),
    /** Writes a kubeconfig whose only context `game-day` points to a port. */
    async kubeconfig(port: number): Promise<string> {
      const path = join(folder, `config-${port}.yaml`);
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [
          { name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
        ],
        users: [{ name: 'u', user: { token: CLUSTER_TOKEN } }],
        contexts: [{ name: 'game-day', context: { cluster: 'c', user: 'u' } }],
        'current-context': '',
      };
      await writeFile(path, JSON.stringify(config));
      return path;
    },
    async close(): Promise<void> {
      await closed(server);
      await rm(folder, { recursive: true });
    },
  };
  return standIn;
}

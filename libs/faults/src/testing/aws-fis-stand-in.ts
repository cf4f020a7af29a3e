import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ManualTime } from '#testing';
import { closed, listening, portOf } from './servers.js';

/** Duration of every template's action. */
export const TEMPLATE_MS = 60_000;

interface Held {
  id: string;
  clientToken: string;
  experimentTemplateId: string;
  tags: Record<string, string>;
  status: 'pending' | 'running' | 'stopping' | 'stopped' | 'completed' | 'failed';
  reason: string;
  cancel: () => void;
}

/**
 * Implements the part of the API of AWS Fault Injection Service that its client needs: an experiment is pending when it is
 * first read, then runs for its template's duration, and takes a moment to stop. The same client token gives the same
 * experiment. Pages of `pageSize`. No real account: see docs/faults.md.
 */
export async function openAwsFisStandIn(templates: readonly string[], pageSize = 2) {
  const timers = new ManualTime(0);
  const experiments: Held[] = [];
  const server = await listening(createServer((request, response) => void answer(request, response)));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: unknown, type?: string): void => {
      const headers = { 'content-type': 'application/json', ...(type ? { 'x-amzn-errortype': type } : {}) };
      response.writeHead(status, headers).end(JSON.stringify(body));
    };
    const signed = /^AWS4-HMAC-SHA256 Credential=AKIATEST\/\d{8}\/eu-central-1\/fis\/aws4_request/;
    if (!signed.test(request.headers.authorization ?? ''))
      return send(403, { message: 'not signed for this region and service' }, 'AccessDeniedException');
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const [, collection, id] = url.pathname.split('/');
    if (collection !== 'experiments')
      return send(404, { message: 'no such path' }, 'UnknownOperationException');
    if (id === undefined && request.method === 'POST') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const order = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Held;
      if (!templates.includes(order.experimentTemplateId))
        return send(404, { message: 'Experiment template does not exist.' }, 'ResourceNotFoundException');
      return send(200, { experiment: shown(start(order)) });
    }
    if (id === undefined) {
      const from = Number(url.searchParams.get('nextToken') ?? '0');
      const newestFirst = [...experiments].reverse();
      const nextToken = from + pageSize < newestFirst.length ? String(from + pageSize) : undefined;
      return send(200, { experiments: newestFirst.slice(from, from + pageSize).map(shown), nextToken });
    }
    const held = experiments.find((each) => each.id === id);
    if (held === undefined)
      return send(404, { message: 'Experiment does not exist.' }, 'ResourceNotFoundException');
    if (request.method === 'DELETE') {
      if (held.status === 'pending' || held.status === 'running') held.status = 'stopping';
      held.cancel();
      return send(200, { experiment: shown(held) });
    }
    const before = shown(held);
    if (held.status === 'pending') held.status = 'running';
    else if (held.status === 'stopping') held.status = 'stopped';
    return send(200, { experiment: before });
  }

  function start({ clientToken, experimentTemplateId, tags }: Held): Held {
    const known = experiments.find((each) => each.clientToken === clientToken);
    if (known !== undefined) return known;
    const held: Held = {
      id: `EXP${String(experiments.length + 1).padStart(12, '0')}`,
      clientToken,
      experimentTemplateId,
      tags,
      status: 'pending',
      reason: '',
      cancel: () => undefined,
    };
    held.cancel = timers.after(TEMPLATE_MS, () => (held.status = 'completed'));
    experiments.push(held);
    return held;
  }

  function shown({ id, experimentTemplateId, tags, status, reason }: Held) {
    return { id, experimentTemplateId, tags, state: { status, reason }, creationTime: 1_700_000_000 };
  }

  return {
    timers,
    experiments,
    port: portOf(server),
    isAnyRunning: (): boolean => experiments.some(({ status }) => ['running', 'stopping'].includes(status)),
    close: () => closed(server),
  };
}

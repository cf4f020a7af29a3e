import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { PaydayError } from '#kernel';
import { createSpikeAgent } from './spike-agent.js';
import { SpikeRegistry } from './spike-registry.js';

const TOKEN = 'prober-agent-secret';
const GOOD = {
  kind: 'traffic-spike',
  teamId: 'fenrir',
  serviceId: 'router',
  params: { percent: 100 },
  ttlMs: 60_000,
};
let agent: Server;
let now: number;
let begun: string[];
let registry: SpikeRegistry;

beforeEach(async () => {
  now = 0;
  begun = [];
  registry = new SpikeRegistry(
    {
      beginSpike: (id, teamId, serviceId, percent) => {
        if (teamId === 'nobody') throw new PaydayError('unknown_team', 'the game has no team "nobody"');
        if (teamId === 'early') throw new PaydayError('no_game', 'ask again', { retryable: true });
        begun.push(`${id} ${teamId} ${serviceId} ${percent}`);
      },
      endSpike: (id) => begun.push(`end ${id}`),
    },
    () => now,
  );
  agent = createSpikeAgent(registry, TOKEN);
  await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  agent.close();
  agent.closeAllConnections();
});

async function ask(method: string, path: string, body?: unknown, token = TOKEN) {
  const response = await fetch(`http://127.0.0.1:${(agent.address() as AddressInfo).port}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

describe('the agent for load spikes', () => {
  it('begins a spike once, renews it, and ends it', async () => {
    const path = '/faults/storm%2Ffenrir';
    expect(await ask('GET', path)).toEqual({ status: 200, body: { state: 'gone' } });
    expect(await ask('PUT', path, GOOD)).toEqual({ status: 200, body: { state: 'active' } });
    now = 50_000;
    expect(await ask('PUT', path, GOOD)).toEqual({ status: 200, body: { state: 'active' } });
    now = 109_999;
    expect((await ask('GET', path)).body).toEqual({ state: 'active' });
    now = 110_000;
    expect((await ask('GET', path)).body).toEqual({ state: 'gone' });
    await ask('PUT', path, GOOD);
    expect((await ask('DELETE', path)).body).toEqual({ state: 'gone' });
    expect((await ask('DELETE', path)).body).toEqual({ state: 'gone' });
    const begin = 'storm/fenrir fenrir router 100';
    expect(begun).toEqual([begin, 'end storm/fenrir', begin, 'end storm/fenrir']);
  });

  it('refuses requests without the token', async () => {
    for (const token of ['', 'prober-agent-secreT'])
      expect(await ask('PUT', '/faults/f', GOOD, token)).toMatchObject({
        status: 401,
        body: { code: 'unauthenticated' },
      });
    expect(begun).toEqual([]);
  });

  it.each([
    [{ ...GOOD, kind: 'crash' }, 400, 'unknown_kind'],
    [{ ...GOOD, params: { percent: 1_001 } }, 400, 'invalid_params'],
    [{ ...GOOD, params: { percent: 0 } }, 400, 'invalid_params'],
    [{ ...GOOD, params: { percent: '100' } }, 400, 'invalid_params'],
    [{ ...GOOD, params: { percent: 100, more: 1 } }, 400, 'invalid_params'],
    [{ ...GOOD, ttlMs: 0 }, 400, 'invalid_ttl'],
    [{ ...GOOD, ttlMs: 86_400_001 }, 400, 'invalid_ttl'],
    [{ ...GOOD, teamId: 7 }, 400, 'invalid_body'],
    [{ ...GOOD, extra: 7 }, 400, 'invalid_body'],
    [{ ...GOOD, teamId: 'nobody' }, 400, 'unknown_team'],
    [{ ...GOOD, teamId: 'early' }, 503, 'no_game'],
    ['{', 400, 'invalid_body'],
    ['[]', 400, 'invalid_body'],
    [`"${'x'.repeat(17_000)}"`, 413, 'body_too_large'],
  ])('refuses %j and changes nothing', async (body, status, code) => {
    expect(await ask('PUT', '/faults/f', body)).toMatchObject({ status, body: { code } });
    expect(begun).toEqual([]);
    expect((await ask('GET', '/faults/f')).body).toEqual({ state: 'gone' });
  });

  it('refuses an id that is in use for something else, odd ids, paths and methods', async () => {
    await ask('PUT', '/faults/f', GOOD);
    const other = { ...GOOD, params: { percent: 50 } };
    expect(await ask('PUT', '/faults/f', other)).toMatchObject({
      status: 409,
      body: { code: 'fault_conflict' },
    });
    expect(await ask('GET', '/faults/%20')).toMatchObject({ status: 400 });
    expect(await ask('GET', '/faults/%ff')).toMatchObject({ status: 400 });
    expect(await ask('GET', '/faults')).toMatchObject({ status: 404 });
    expect(await ask('POST', '/faults/f')).toMatchObject({ status: 405 });
  });
});

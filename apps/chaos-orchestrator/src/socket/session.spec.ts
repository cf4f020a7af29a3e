import { io } from 'socket.io-client';
import { readAudit } from '#persistence';
import { outcome, say, useChaosSocket, type Answer } from '../testing/chaos-socket.js';

const bench = useChaosSocket();
const { begin, connect, facilitator, injection, secret } = bench;

describe('who may connect', () => {
  it('accepts only facilitators', async () => {
    const expired = await secret({ role: 'facilitator', expiresAt: Date.now() - 1 });
    const revoked = await bench.tokens.create({ role: 'facilitator', label: 'gone' });
    await bench.tokens.revoke(revoked.tokenId);
    const outcomes = await Promise.all([
      outcome(connect(bench.boss)),
      outcome(connect(undefined)),
      outcome(connect('pd_nonsense')),
      outcome(connect('x'.repeat(10_000))),
      outcome(connect(await secret({ role: 'team', gameId: 'game', teamId: 'fenrir' }))),
      outcome(connect(await secret({ role: 'read-only' }))),
      outcome(connect(expired)),
      outcome(connect(revoked.secret)),
    ]);
    const refused = ['unauthenticated', 'unauthenticated', 'unauthenticated', 'forbidden', 'forbidden'];
    expect(outcomes).toEqual(['connected', ...refused, 'unauthenticated', 'unauthenticated']);
  });

  it('accepts the token in the header, too', async () => {
    const headers = { authorization: `Bearer ${bench.boss}` };
    const socket = io(`${bench.url}/chaos`, {
      transports: ['websocket'],
      forceNew: true,
      extraHeaders: headers,
    });
    bench.open.push(socket);
    expect(await outcome(socket)).toBe('connected');
  });

  it.each([
    ['its own pages', () => bench.url, 'connected'],
    ['an origin that was allowed', () => 'https://console.example', 'connected'],
    ['a foreign page', () => 'https://evil.example', 'forbidden'],
    ['a file', () => 'null', 'forbidden'],
  ])('with an origin: %s', async (_, origin, expected) => {
    expect(await outcome(connect(bench.boss, origin()))).toBe(expected);
  });

  it('closes a connection with a revoked token at its next command', async () => {
    const { tokenId, secret: short } = await bench.tokens.create({ role: 'facilitator', label: 'short' });
    const socket = await facilitator(short);
    expect(await say(socket, 'fault:list', {})).toMatchObject({ ok: true });
    await bench.tokens.revoke(tokenId);
    const cut = new Promise((resolve) => socket.once('disconnect', resolve));
    expect(await say(socket, 'fault:list', {})).toMatchObject({
      ok: false,
      error: { code: 'unauthenticated' },
    });
    expect(await cut).toBe('io server disconnect');
  });

  it('limits a token to its own game: commands, lists and pushed messages', async () => {
    await begin('other');
    const socket = await facilitator(await secret({ role: 'facilitator', gameId: 'other' }));
    const received: unknown[] = [];
    socket.onAny((event, payload) => received.push([event, payload]));
    for (const event of ['fault:inject', 'fault:preview'] as const) {
      const { commandId, ...rest } = injection();
      const payload = event === 'fault:inject' ? { commandId, ...rest } : rest;
      expect((await say(socket, event, payload)).error?.code).toBe('forbidden');
    }
    expect((await say(socket, 'fault:stop-all', { commandId: 'x', gameId: 'game' })).error?.code).toBe(
      'forbidden',
    );
    const mine = await facilitator();
    const { result } = await say(mine, 'fault:inject', injection({ ttlMs: 1_000 }));
    expect(result).toMatchObject({ faults: [{ teamId: 'fenrir' }] });
    expect((await say(socket, 'fault:list', {})).result).toMatchObject({
      faults: [],
      timelines: [{ gameId: 'other' }],
    });
    await say(mine, 'fault:stop', { commandId: `stop-${bench.nextId()}`, teamId: 'fenrir' });
    expect(received).toEqual([]);
  });
});

describe('under stress', () => {
  it('two concurrent facilitators: one total order, both audited', async () => {
    const token = await secret({ role: 'facilitator', label: 'second' });
    const [one, two] = await Promise.all([facilitator(), facilitator(token)]);
    const commands = Array.from({ length: 16 }, (_, i) => {
      const socket = i % 2 === 0 ? one : two;
      return say(socket, i % 4 < 2 ? 'scenario:pause' : 'scenario:resume', {
        commandId: `both-${i}`,
        gameId: 'game',
      });
    });
    const answers = await Promise.all(commands);
    const seqs = answers.map(({ result }) => result!['seq'] as number);
    expect(new Set(seqs).size).toBe(16);
    const entries = (await readAudit(bench.dataSource, { limit: 200 }))
      .filter(({ details }) => String(details['commandId']).startsWith('both-'))
      .reverse();
    expect(entries.map(({ details }) => details['seq'])).toEqual([...seqs].sort((a, b) => a - b));
    expect(new Set(entries.map(({ actor }) => actor.label))).toEqual(new Set(['boss', 'second']));
  });

  it('refuses 10,000 commands at once and closes their connection, while another one stops everything', async () => {
    const [wild, calm] = await Promise.all([facilitator(), facilitator()]);
    await say(calm, 'fault:inject', injection({ serviceId: 'pricing' }));
    const cut = new Promise((resolve) => wild.once('disconnect', resolve));
    const codes = new Map<string, number>();
    for (let i = 0; i < 10_000; i++)
      wild.emit('fault:list', {}, ({ error }: Answer) => {
        const code = error?.code ?? 'ok';
        codes.set(code, (codes.get(code) ?? 0) + 1);
      });
    const panic = await say(calm, 'fault:stop-all', { commandId: `panic-${bench.nextId()}`, gameId: 'game' });
    expect(panic).toMatchObject({ ok: true, result: { unverified: [], heldTimelines: ['game'] } });
    await cut;
    expect(codes.get('ok') ?? 0).toBeLessThan(200);
    expect(codes.get('too_many_requests')).toBeGreaterThan(1_000);
    expect(await say(calm, 'fault:list', {})).toMatchObject({ ok: true });
  });

  it('the panic button works on a rate-limited connection', async () => {
    const socket = await facilitator();
    await Promise.all(Array.from({ length: 100 }, () => say(socket, 'fault:list', {})));
    expect((await say(socket, 'fault:stop-all', { commandId: `panic-${bench.nextId()}` })).ok).toBe(true);
  });
});

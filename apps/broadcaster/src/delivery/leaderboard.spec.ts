import { jest } from '@jest/globals';
import { WebSocket } from 'undici';
import { BroadcasterHarness, salaryOf, until } from '../testing/broadcaster-harness.js';
import { START, SampleGame } from '../testing/sample-game.js';

jest.setTimeout(30_000);

let harness: BroadcasterHarness;
beforeEach(async () => {
  harness = await BroadcasterHarness.open();
});
afterEach(() => harness.close());

describe('namespace /leaderboard', () => {
  const game = () => new SampleGame();

  test.each([['websocket' as const], ['polling' as const]])(
    'a snapshot on connect, then deltas (%s)',
    async (transport) => {
      const g = game();
      await harness.publishEvents(...g.opening('a', 'b'));
      const { url, registry } = await harness.start();
      const viewer = harness.connect(url, transport);
      await until(() => viewer.view !== null);
      for (let seq = 1; seq <= 5; seq++) {
        await harness.publish(g.score('a', seq, seq * 100));
        await until(() => salaryOf(viewer.view, 'a') === seq * 100);
      }
      expect(viewer).toMatchObject({ snapshots: 1, gaps: 0 });
      const metrics = await registry.metrics();
      expect(metrics).toMatch(/payday_broadcaster_viewers\{transport="socket"\} 1/);
      expect(metrics).toMatch(/payday_broadcaster_update_to_frame_seconds_count [1-9]/);
      expect(metrics).toMatch(/payday_broadcaster_bytes_total\{transport="socket"\} [1-9]/);
    },
  );

  test('resume returns the missing deltas of this epoch merged into one, or a snapshot for another epoch', async () => {
    const g = game();
    await harness.publishEvents(...g.opening('a'));
    const { url } = await harness.start();
    const viewer = harness.connect(url);
    await until(() => viewer.view !== null);
    const { epoch, seq } = viewer.view!;
    for (let n = 1; n <= 3; n++) {
      await harness.publish(g.score('a', n, n));
      await until(() => salaryOf(viewer.view, 'a') === n);
    }
    viewer.socket.emit('resume', { epoch, seq });
    await until(() => viewer.deltas.some((delta) => delta.fromSeq === seq && delta.seq >= seq + 3));
    expect(viewer.snapshots).toBe(1);
    viewer.socket.emit('resume', { epoch: 'of-yesterday', seq });
    await until(() => viewer.snapshots === 2);
    expect(salaryOf(viewer.view, 'a')).toBe(3);
  });

  test('garbage is answered with a problem or ignored, and affects no one else', async () => {
    const g = game();
    await harness.publishEvents(...g.opening('a'));
    const { url } = await harness.start();
    const [rude, polite] = [harness.connect(url), harness.connect(url)];
    await until(() => rude.view !== null && polite.view !== null);
    rude.socket.emit('resume');
    rude.socket.emit('resume', null);
    rude.socket.emit('resume', 'x', { y: 1 });
    rude.socket.emit('resume', { epoch: {}, seq: [] });
    rude.socket.emit('resume', Buffer.from([1, 2, 3]));
    rude.socket.emit('resume', { epoch: 'e', seq: 1 }, () => {});
    rude.socket.emit('snapshot', { epoch: 'mine' });
    rude.socket.emit('error', 'boom');
    rude.socket.emit('__proto__', { polluted: true });
    await until(() => rude.problems.length === 5);
    expect(rude.problems[0]).toMatchObject({ code: 'bad_request', status: 400 });
    const raw = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const closed = new Promise((resolve) => raw.addEventListener('close', resolve));
    await new Promise((resolve) => raw.addEventListener('open', resolve));
    for (const text of ['40/leaderboard,', '42/leaderboard,["resume"', '4999999', '\u0000', '42["a"]'])
      raw.send(text);
    await closed;
    await harness.publish(g.score('a', 1, 5));
    await until(() => salaryOf(polite.view, 'a') === 5 && salaryOf(rude.view, 'a') === 5);
  });

  test('a viewer that asks too often gets no answer and is finally disconnected', async () => {
    const g = game();
    await harness.publishEvents(...g.opening('a'));
    const { url, registry } = await harness.start();
    const [flooding, polite] = [harness.connect(url), harness.connect(url)];
    await until(() => flooding.view !== null && polite.view !== null);
    for (let n = 0; n < 100; n++) flooding.socket.emit('resume', { epoch: 'other', seq: n });
    await until(() => flooding.snapshots >= 2);
    await harness.publish(g.score('a', 1, 5));
    await until(() => salaryOf(flooding.view, 'a') === 5);
    expect(flooding.snapshots).toBeLessThanOrEqual(12);
    for (let n = 0; n < 200; n++) flooding.socket.emit('resume', { epoch: 'other', seq: n });
    await until(() => flooding.socket.disconnected);
    expect(polite.socket.connected).toBe(true);
    expect(await registry.metrics()).toMatch(/dropped_viewers_total\{transport="socket"\} 1/);
  });

  test('leaving and rejoining the namespace repeatedly does not bypass the limit', async () => {
    await harness.publishEvents(...game().opening('a'));
    const { url, registry } = await harness.start();
    const polite = harness.connect(url);
    await until(() => polite.view !== null);
    const restless = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    let snapshots = 0;
    let isClosed = false;
    restless.addEventListener('close', () => (isClosed = true));
    restless.addEventListener('message', ({ data }) => {
      if (!String(data).startsWith('42/leaderboard,["snapshot"')) return;
      snapshots += 1;
      restless.send('41/leaderboard,');
      setTimeout(() => restless.send('40/leaderboard,'), 2);
    });
    await new Promise((resolve) => restless.addEventListener('open', resolve));
    restless.send('40/leaderboard,');
    await until(() => isClosed || snapshots > 50);
    expect(snapshots).toBeLessThanOrEqual(12);
    expect(await registry.metrics()).toMatch(/dropped_viewers_total\{transport="socket"\} 1/);
    expect(polite.socket.connected).toBe(true);
  });

  test('a slow reader misses frames and later gets a snapshot; all others get every frame', async () => {
    const g = game();
    const teamIds = Array.from({ length: 600 }, (_, n) => `team-${n}`);
    await harness.publishEvents(...g.opening(...teamIds));
    const { url, registry } = await harness.start();
    const [slow, fast] = [harness.connect(url), harness.connect(url)];
    await until(() => slow.view !== null && fast.view !== null);
    const connection = slow.connection;
    connection.pause();
    const skipped = async () => /skipped_total\{transport="socket"\} [1-9]/.test(await registry.metrics());
    const overwhelm = async () => {
      for (let nth = 0; !(await skipped()); nth++) {
        if (nth > 300) throw new Error('the slow reader was never skipped');
        seq += 1;
        await harness.publish(...teamIds.map((id, n) => g.score(id, seq, seq * 1000 + ((n * seq) % 600))));
        const before = fast.deltas.length;
        await until(() => fast.deltas.length > before);
      }
    };
    let seq = 0;
    await overwhelm();
    expect(fast).toMatchObject({ snapshots: 1, gaps: 0 });
    connection.resume();
    await until(() => slow.snapshots === 2);
    await harness.publish(g.score('team-7', 1000, 9_999_999));
    await until(() => [slow, fast].every(({ view }) => salaryOf(view, 'team-7') === 9_999_999));
    expect(slow.view!.standings).toEqual(fast.view!.standings);
    expect(slow.socket.connected).toBe(true);

    connection.pause();
    registry.resetMetrics();
    await overwhelm();
    harness.leap(31_000);
    const dropped = async () =>
      /dropped_viewers_total\{transport="socket"\} 1/.test(await registry.metrics());
    await until(dropped);
    connection.resume();
    await until(() => slow.socket.disconnected);
    expect(fast).toMatchObject({ snapshots: 1, gaps: 0, socket: { connected: true } });
  });

  test('another broadcaster on the same log shows the same in its own epoch', async () => {
    const g = game();
    await harness.publishEvents(...g.opening('a', 'b'), g.fault('x', 'a', 'active', START + 10_000));
    const committed = [g.score('a', 3, -5), g.score('b', 4, 9)];
    const [one, other] = [
      await harness.start(async () => committed),
      await harness.start(async () => committed),
    ];
    const views = [harness.connect(one.url), harness.connect(other.url)];
    await until(() => views.every(({ view }) => view !== null));
    const [a, b] = views.map(({ view }) => view!);
    expect(a!.epoch).not.toBe(b!.epoch);
    const { standings, faults, ticker, game: shown } = a!;
    expect(b).toMatchObject({ standings, faults, ticker, game: shown });
  });
});

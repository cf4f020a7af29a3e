import { get, type IncomingMessage } from 'node:http';
import { jest } from '@jest/globals';
import request from 'supertest';
import { TOPICS, type StandingsDelta, type StandingsView, type TeamScore } from '#contracts';
import * as Shapes from '#contracts/api';
import { BroadcasterHarness, salaryOf, until } from './testing/broadcaster-harness.js';
import { SampleGame, statuses } from './testing/sample-game.js';

jest.setTimeout(30_000);

let harness: BroadcasterHarness;
beforeEach(async () => {
  harness = await BroadcasterHarness.open();
});
afterEach(() => harness.close());

const isReady = async (url: string) => (await request(url).get('/readyz')).status === 200;

describe('REST', () => {
  test('responds with 503 before the first game, then with the view, and is never cached', async () => {
    const { url } = await harness.start();
    await until(() => isReady(url));
    const early = await request(url).get('/api/v1/standings').expect(503);
    expect(early.type).toBe('application/problem+json');
    expect(early.body).toMatchObject({ code: 'unavailable', status: 503 });

    const game = new SampleGame();
    await harness.publishEvents(...game.opening('a', 'b'));
    await harness.publish(game.score('b', 1, 120));
    let answer = early;
    await until(async () => {
      answer = await request(url).get('/api/v1/standings');
      return answer.status === 200 && salaryOf(answer.body as StandingsView, 'b') === 120;
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toMatchObject({
      game: { id: 'g1', state: 'running', frozen: false, phase: { label: 'Quiet morning' } },
      services: [
        { id: 'router', letter: 'R' },
        { id: 'catalog', letter: 'C' },
      ],
      standings: [
        { rank: 1, team: { id: 'b' } },
        { rank: 2, team: { id: 'a' } },
      ],
    });
  });
});

test('everything that is sent fits the published schemas', async () => {
  const { url } = await harness.start();
  const game = new SampleGame();
  await harness.publishEvents(...game.opening('a', 'b'));
  const viewer = harness.connect(url);
  await until(() => viewer.view !== null);
  await harness.publish(game.score('b', 1, 120));
  await until(() => viewer.deltas.some(({ rows }) => rows.length > 0));
  const { body } = await request(url).get('/api/v1/standings').expect(200);
  for (const view of [body, viewer.view]) expect(Shapes.StandingsView.parse(view)).toEqual(view);
  for (const delta of viewer.deltas) expect(Shapes.StandingsDelta.parse(delta)).toEqual(delta);
});

describe('starting during a game', () => {
  test('shows nothing until events and committed scores are read, then the latest commit of each team', async () => {
    const game = new SampleGame();
    await harness.publishEvents(...game.opening('a', 'b', 'c'));
    await harness.publish(game.score('a', 1, 10));
    let give: (scores: TeamScore[]) => void = () => {};
    const asked: string[] = [];
    const { url } = await harness.start((gameId) => {
      asked.push(gameId);
      return new Promise((resolve) => (give = resolve));
    });
    await until(() => asked.length === 1);
    expect(asked).toEqual(['g1']);
    await harness.publish(game.score('b', 9, 90), game.score('c', 2, 20));
    const viewer = harness.connect(url);
    await until(() => viewer.socket.connected);
    expect((await request(url).get('/readyz')).body.checks.broadcaster).toMatch(/still being read/);
    await request(url).get('/api/v1/standings').expect(503);
    expect(viewer.snapshots).toBe(0);
    give([game.score('a', 5, 50), game.score('b', 5, 50), game.score('c', 5, 50)]);
    await until(() => viewer.view !== null);
    expect(['a', 'b', 'c'].map((id) => salaryOf(viewer.view, id))).toEqual([50, 90, 50]);
    await until(() => isReady(url));
  });

  test('retries when the scores cannot be read', async () => {
    const game = new SampleGame();
    await harness.publishEvents(...game.opening('a'));
    let attempts = 0;
    const { url } = await harness.start(async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('the database is restarting');
      return [game.score('a', 5, 50)];
    });
    const viewer = harness.connect(url);
    await until(() => viewer.view !== null);
    expect(salaryOf(viewer.view, 'a')).toBe(50);
    expect(attempts).toBe(2);
  });

  test('sends an invalid record to the dead letters and continues', async () => {
    const game = new SampleGame();
    await harness.publishEvents(...game.opening('a'));
    const { url } = await harness.start();
    const viewer = harness.connect(url);
    await until(() => viewer.view !== null);
    const broken = { ...game.score('a', 1, 5), salaryCents: 'lots' } as unknown as TeamScore;
    await harness.log.append(TOPICS.scoreUpdates, [{ key: 'g1/a', value: new TextEncoder().encode('?') }]);
    await harness.publish(broken, game.score('a', 2, 77));
    await until(() => salaryOf(viewer.view, 'a') === 77);
    const ends = await harness.log.endPositions(TOPICS.deadLetters);
    expect(ends.some((position) => position !== null)).toBe(true);
  });
});

describe('a freeze', () => {
  const SECRET = 777_777_77;

  test('is the same on every broadcaster, even one that starts during it; nothing leaks through REST, sockets or streams', async () => {
    const game = new SampleGame();
    await harness.publishEvents(...game.opening('a', 'b'));
    const { url, registry } = await harness.start();
    const other = await harness.start();
    const viewers = [harness.connect(url), harness.connect(other.url)];
    await harness.publish(game.score('a', 1, 50), game.score('b', 1, 40));
    for (const viewer of viewers) await until(() => salaryOf(viewer.view, 'a') === 50);

    const fromAt = Math.floor(harness.nowMs());
    await harness.publishEvents(game.event('dev.payday.game.frozen', { fromAt }));
    for (const viewer of viewers) await until(() => viewer.view!.game.frozen);
    const secrets = () => [
      game.score('a', 10, SECRET, {
        payPerMinuteCents: SECRET,
        trend: { oneMinuteCents: SECRET, fiveMinutesCents: SECRET },
      }),
      game.score('b', 10, 41, { services: statuses('down') }),
    ];
    await harness.publish(...secrets());
    for (const viewer of viewers) await until(() => routerOf(viewer.view, 'b') === 'down');
    // The settled standings are late: a broadcaster that starts now shows nothing rather than too much.
    const late = await harness.start(async () => secrets());
    await until(async () => (await request(late.url).get('/readyz')).status === 503);
    await request(late.url).get('/api/v1/standings').expect(503);
    harness.frozen = [frozen('a', 52), frozen('b', 44)];
    viewers.push(harness.connect(late.url));
    for (const viewer of viewers) await until(() => salaryOf(viewer.view, 'a') === 52);
    for (const base of [url, other.url, late.url]) {
      await until(() => isReady(base));
      const { body, text } = await request(base).get('/api/v1/standings').expect(200);
      expect((body as StandingsView).standings.map((row) => [row.team.id, row.salaryCents])).toEqual([
        ['a', 52],
        ['b', 44],
      ]);
      expect(text).not.toContain(String(SECRET));
    }
    const streamed = await new Promise<string>((resolve, reject) => {
      get(`${late.url}/api/v1/stream`, (response) => {
        response.on('error', () => {});
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          if (!/^data: .*\n\n/m.test(text)) return;
          resolve(text);
          response.destroy();
        });
      }).on('error', reject);
    });
    expect(streamed).toContain('"frozen":true');
    expect(streamed).not.toContain(String(SECRET));
    expect(await registry.metrics()).not.toContain(String(SECRET));
    for (const viewer of viewers) {
      expect(JSON.stringify([viewer.view, viewer.deltas])).not.toContain(String(SECRET));
      expect(routerOf(viewer.view, 'b')).toBe('down');
    }

    await harness.publishEvents(game.event('dev.payday.game.thawed', { at: harness.nowMs() }));
    for (const viewer of viewers) await until(() => salaryOf(viewer.view, 'a') === SECRET);
    expect(viewers[2]!.view!.game.frozen).toBe(false);
  });

  const frozen = (teamId: string, salaryCents: number) => ({
    teamId,
    salaryCents,
    payPerMinuteCents: 1,
    oneMinuteCents: 1,
    fiveMinutesCents: 1,
  });
  const routerOf = (view: StandingsView | null, teamId: string) =>
    view?.standings.find((row) => row.team.id === teamId)?.services[0]?.state;
});

describe('GET /api/v1/stream', () => {
  interface StreamEvent {
    event: string;
    id: string;
    data: StandingsView & StandingsDelta;
  }

  async function follow(url: string, headers: Record<string, string> = {}) {
    const response = await new Promise<IncomingMessage>((resolve, reject) =>
      get(`${url}/api/v1/stream`, { headers }, resolve).on('error', reject),
    );
    const events: StreamEvent[] = [];
    let text = '';
    response.on('error', () => {});
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const match = /^event: (.*)\nid: (.*)\ndata: (.*)$/.exec(block);
        if (match) events.push({ event: match[1]!, id: match[2]!, data: JSON.parse(match[3]!) });
      }
    });
    return { response, events, close: () => response.destroy() };
  }

  test('sends a snapshot, then deltas, and resumes after the last id', async () => {
    const game = new SampleGame();
    await harness.publishEvents(...game.opening('a'));
    const { url, registry } = await harness.start();
    await until(() => isReady(url));
    const first = await follow(url);
    expect(first.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    await until(() => first.events.length > 0);
    const { event, id, data } = first.events[0]!;
    expect({ event, id }).toEqual({ event: 'snapshot', id: `${data.epoch}:${data.seq}` });
    await harness.publish(game.score('a', 1, 5));
    await until(() => first.events.some((each) => each.data.rows?.[0]?.salaryCents === 5));
    const last = first.events.at(-1)!;
    first.close();
    await until(async () => /viewers\{transport="sse"\} 0/.test(await registry.metrics()));

    await harness.publish(game.score('a', 2, 6));
    await until(async () => salaryOf((await request(url).get('/api/v1/standings')).body, 'a') === 6);
    const again = await follow(url, { 'last-event-id': last.id });
    await until(() => again.events.length > 0);
    expect(again.events[0]).toMatchObject({
      event: 'delta',
      data: { fromSeq: last.data.seq, rows: [{ salaryCents: 6 }] },
    });
    again.close();

    const lost = await follow(url, { 'last-event-id': 'garbage' });
    await until(() => lost.events.length > 0);
    expect(lost.events[0]!.event).toBe('snapshot');
    lost.close();
  });

  test('waits for the first game and ends with the server', async () => {
    const { app, url } = await harness.start();
    await until(() => isReady(url));
    const stream = await follow(url);
    await harness.publishEvents(...new SampleGame().opening('a'));
    await until(() => stream.events[0]?.event === 'snapshot');
    const ended = new Promise((resolve) => stream.response.once('close', resolve));
    await app.close();
    await ended;
  });
});

describe('private data', () => {
  test('no output reveals where a team runs its services or why a fault is in its state', async () => {
    const { url } = await harness.start();
    const game = new SampleGame();
    const host = 'team-a-hides-here.example';
    const endpoint = { teamId: 'a', serviceId: 'router', url: `http://${host}:8080` };
    await harness.publishEvents(
      ...game.opening('a', 'b'),
      game.event('dev.payday.endpoint.changed', endpoint),
      game.event('dev.payday.team.proof-changed', {
        teamId: 'a',
        proofSha256: 'ab'.repeat(32),
        formerUntilAt: 0,
      }),
      game.fault('cable', 'a', 'active', harness.nowMs()),
    );
    await until(() => isReady(url));
    const viewer = harness.connect(url);
    const received: unknown[] = [];
    viewer.socket.onAny((...said: unknown[]) => received.push(said));
    await harness.publish(game.score('a', 1, 10, { services: statuses('down') }));
    await until(() => salaryOf(viewer.view, 'a') === 10 && viewer.view!.faults.length === 1);
    const stream = await new Promise<string>((resolve, reject) => {
      get(`${url}/api/v1/stream`, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          if (!text.includes('event: snapshot') || !text.endsWith('\n\n')) return;
          response.destroy();
          resolve(text);
        });
      }).on('error', reject);
    });
    const outputs = {
      stream,
      socket: JSON.stringify(received),
      standings: (await request(url).get('/api/v1/standings').expect(200)).text,
      metrics: (await request(url).get('/metrics').expect(200)).text,
      ready: (await request(url).get('/readyz')).text,
    };
    expect(outputs.stream).toContain('"salaryCents":10');
    for (const [output, text] of Object.entries(outputs))
      for (const secret of [host, 'internal detail', 'abababab'])
        expect([output, text.includes(secret)]).toEqual([output, false]);
  });
});

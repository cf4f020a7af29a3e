import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectLeaderboard } from '#client';
import { TOPICS, decodeCloudEvent, encodeProbeBatches } from '#contracts';
import { openEventLog, type EventLog } from '#event-log';
import { type DataSource, insertIntoOutbox, openDatabase, TokenStore } from '#persistence';
import { ConfigError, configHelp, readConfig, systemClock, type Service } from '#runtime';
import { buildBatch, startTestPostgres, type TestPostgres } from '#testing';
import { broadcasterService } from '../../apps/broadcaster/src/index.js';
import { chaosService } from '../../apps/chaos-orchestrator/src/index.js';
import { controlService } from '../../apps/control/src/index.js';
import { ingestService } from '../../apps/ingest/src/index.js';
import { proberService } from '../../apps/prober/src/index.js';
import { scorerService } from '../../apps/scorer/src/index.js';
import { readTopic } from '../faults/scoring/read-topic.js';
import { standings } from '../support/api.js';
import { runCli } from '../support/game-process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { eventually, sleep } from '../support/wait.js';
import { GAME, TEAMS, recordPlay, salariesOf, writePlay } from './recorded-play.js';
import { RunProcess } from './run-process.js';

const PARTITIONS = 4;
const SERVICES: readonly Pick<Service, 'name' | 'sections'>[] = [
  controlService,
  proberService,
  ingestService,
  scorerService,
  broadcasterService,
  chaosService,
];

let postgres: TestPostgres;
let folder: string;
let dataSource: DataSource;
let log: EventLog;
/** Of everything that is started. */
let env: { PAYDAY_LOG_URL: string; DATABASE_URL: string; PAYDAY_LOG_LEVEL: string };
const running: RunProcess[] = [];

async function start(service: string, more: Record<string, string> = {}): Promise<RunProcess> {
  const process = await RunProcess.start(service, { ...env, ...more });
  running.push(process);
  return process;
}

beforeAll(async () => {
  postgres = await startTestPostgres();
  folder = await mkdtemp(join(tmpdir(), 'payday-services-'));
  env = {
    PAYDAY_LOG_URL: `lmdb:${join(folder, 'log')}`,
    DATABASE_URL: postgres.databaseUrl,
    PAYDAY_LOG_LEVEL: 'warn',
  };
}, 60_000);
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.kill()));
});
afterAll(async () => {
  await log?.close();
  await dataSource?.destroy();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
}, 30_000);

it.each(SERVICES)(
  '$name lists every setting, and every mistake at once, without a secret',
  ({ sections }) => {
    const help = configHelp('usage', 'summary', sections);
    for (const name of [
      '--log URL  PAYDAY_LOG_URL',
      'PAYDAY_PORT  http.port  (default: 30',
      '--stop-within-ms',
    ])
      expect(help).toContain(name);
    const flags = ['--host', '', '--prot', '1', '--log-level=loud'];
    const bad = {
      DATABASE_URL: 'mysql://me:hunter2@db/payday',
      PAYDAY_PROBER_TOKEN: 'x'.repeat(2000),
      PAYDAY_LOG_URL: '',
    };
    let mistakes: readonly string[] = [];
    try {
      readConfig(sections, { flags, env: bad });
    } catch (error) {
      if (error instanceof ConfigError) ({ mistakes } = error);
    }
    for (const mistake of [
      '--prot: no such flag; did you mean --port?',
      '--host: ""',
      '--log-level: "loud"',
      'PAYDAY_LOG_URL: ""',
    ])
      expect(mistakes).toContainEqual(expect.stringContaining(mistake));
    expect(mistakes.join()).not.toMatch(/hunter2|xxx/);
  },
);

it('wrong settings end a process with exit code 2, help with 0', async () => {
  const help = await runCli(['run', 'scorer', '--help']);
  expect(help).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('PAYDAY_LOG_URL') });
  const wrong = await runCli(['run', 'scorer', '--prot', '1'], { DATABASE_URL: 'mysql://me:hunter2@db/x' });
  expect({ code: wrong.code, stdout: wrong.stdout }).toEqual({ code: 2, stdout: '' });
  expect(wrong.stderr).toMatch(/^payday scorer: the configuration has 3 mistakes:\n {2}--prot/);
  expect(wrong.stderr).not.toContain('hunter2');
}, 30_000);

it('a service waits for topics and schema, says so, and is ready when both are there', async () => {
  const scorer = await start('scorer');
  const waitsFor = (what: string, reason: RegExp): Promise<void> =>
    eventually(
      async () => {
        const { status, body } = await scorer.readyz();
        expect({ status, ready: body.ready, why: body.checks[what] }).toEqual({
          status: 503,
          ready: false,
          why: expect.stringMatching(reason),
        });
      },
      { withinMs: 20_000 },
    );
  await waitsFor('database', /lacks InitialSchema\d+.*run payday migrate/);
  const health = await fetch(`${scorer.url}/healthz`);
  const metrics = await fetch(`${scorer.url}/metrics`);
  expect([health.status, metrics.status]).toEqual([200, 200]);
  expect(await runCli(['migrate'], env)).toMatchObject({ code: 0, stderr: '' });
  await waitsFor('topics', /no topic "payday.game-events"/);
  const missing = await runCli(['topics', 'list', '--json'], env);
  expect(missing.code).toBe(1);
  const made = await runCli(['topics', 'create', '--partitions', String(PARTITIONS), '--json'], env);
  expect({ code: made.code, topics: JSON.parse(made.stdout) }).toEqual({
    code: 0,
    topics: {
      topics: [
        { topic: 'payday.game-events', partitions: 1 },
        { topic: 'payday.probe-results', partitions: PARTITIONS },
        { topic: 'payday.score-updates', partitions: PARTITIONS },
        { topic: 'payday.dead-letters', partitions: 1 },
      ],
    },
  });
  expect(await scorer.ready()).toEqual({
    'event log': 'ok',
    database: 'ok',
    partitions: expect.stringMatching(/^ok: \d of 4 are scored here$/),
  });
  const other = await runCli(['topics', 'create', '--partitions', '5'], env);
  expect(other.code).toBe(1);
  expect(other.stderr).toContain('has 4 partitions, not 5');
  expect(await scorer.stop()).toBe(0);

  dataSource = await openDatabase(env.DATABASE_URL);
  log = await openEventLog(env.PAYDAY_LOG_URL, { clock: systemClock });
}, 90_000);

it('scorers share the partitions; one that is told to stop says 503, hands its own over, and exits with 0', async () => {
  const one = await start('scorer');
  const two = await start('scorer', { PAYDAY_DRAIN_MS: '3000' });
  const scoredBy = async (scorer: RunProcess): Promise<number> =>
    Number(/ok: (\d) of 4/.exec((await scorer.ready()).partitions!)![1]);
  await eventually(async () => expect([await scoredBy(one), await scoredBy(two)]).toEqual([2, 2]), {
    withinMs: 30_000,
  });
  two.signal('SIGTERM');
  await eventually(
    async () =>
      expect(await two.readyz()).toMatchObject({
        status: 503,
        body: { ready: false, checks: { stopping: 'this process is stopping' } },
      }),
    { withinMs: 2_000, everyMs: 20 },
  );
  // While it still answers, others own its partitions already.
  await eventually(async () => expect(await scoredBy(one)).toBe(4), { withinMs: 15_000 });
  expect(await two.exited).toBe(0);
  expect(two.stderr).not.toMatch(/"level":(50|60)/);
}, 90_000);

it('ingest answers what it has begun to receive before it stops', async () => {
  const ingest = await start('ingest');
  const { secret } = await new TokenStore(dataSource, systemClock).create({ role: 'prober', label: 'test' });
  await ingest.ready();
  const result = { role: 'consumer', serviceId: 'router', counterpartyId: 'ants', teamId: 'ants' } as const;
  const body = encodeProbeBatches([
    buildBatch('nowhere', [{ ...result, intendedAt: 1, latencyUs: 1, outcome: 'ok' }], {
      proberId: 'p',
      epoch: 1,
      seq: 1,
    }),
  ]);
  const socket = connect(ingest.port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  socket.write(
    `POST /api/v1/probe-batches HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\n` +
      `content-type: application/x-protobuf\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  socket.write(body.subarray(0, 5));
  await sleep(300);
  ingest.signal('SIGTERM');
  await sleep(700);
  expect(answer).toBe('');
  socket.write(body.subarray(5));
  await eventually(() => expect(answer).toContain('unknown_game'), { withinMs: 5_000 });
  expect(answer).toMatch(/connection: close/i);
  expect(await ingest.exited).toBe(0);
}, 60_000);

it('a second signal ends a service at once', async () => {
  const ingest = await start('ingest', { PAYDAY_DRAIN_MS: '20000', PAYDAY_STOP_WITHIN_MS: '30000' });
  await ingest.ready();
  ingest.signal('SIGTERM');
  await eventually(async () => expect((await ingest.readyz()).status).toBe(503), { withinMs: 2_000 });
  ingest.signal('SIGTERM');
  const startedAt = performance.now();
  expect(await ingest.exited).toBe(1);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
}, 60_000);

it('of two chaos orchestrators one acts; when its connection is lost it ends, and the other takes over', async () => {
  const first = await start('chaos-orchestrator');
  await first.ready();
  const second = await start('chaos-orchestrator');
  await eventually(
    async () =>
      expect((await second.readyz()).body.checks['only one']).toBe(
        'standing by: another chaos orchestrator acts',
      ),
    { withinMs: 20_000 },
  );
  await dataSource.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND application_name = 'payday-chaos'`,
  );
  expect(await first.exited).toBe(1);
  expect(first.stderr).toContain('leadership was lost');
  await second.ready();
}, 90_000);

it('several controls relay the outbox one at a time: in order, with nothing lost when the one that does is killed', async () => {
  const controls = [await start('control'), await start('control')];
  for (const control of controls) await control.ready();
  const events = 300;
  for (let i = 1; i <= events; i++) {
    await dataSource.transaction((manager) =>
      insertIntoOutbox(manager, TOPICS.gameEvents, [
        {
          type: 'dev.payday.announcement.made',
          source: '/test',
          subject: 'relayed',
          time: i,
          data: { announcementId: `n${i}`, text: '' },
        },
      ]),
    );
    if (i === events / 2) {
      const [relays] = await dataSource.query<{ n: number }[]>(
        `SELECT count(*)::int AS n FROM pg_locks JOIN pg_stat_activity USING (pid)
         WHERE locktype = 'advisory' AND granted AND application_name = 'payday-outbox'`,
      );
      expect(relays!.n).toBe(1);
      await controls[0]!.kill();
    }
  }
  const sequences = async (): Promise<number[]> =>
    (await readTopic(log, TOPICS.gameEvents))
      .map((record) => decodeCloudEvent(record))
      .filter(({ subject }) => subject === 'relayed')
      .map(({ sequence }) => sequence);
  await eventually(async () => expect(new Set(await sequences()).size).toBe(events), { withinMs: 30_000 });
  const firsts = [...new Set(await sequences())];
  expect(firsts).toEqual(Array.from({ length: events }, (_, i) => i + 1));
}, 90_000);

it('each broadcaster shows the same standings, and a viewer who comes to another one goes on with a snapshot', async () => {
  await writePlay(log, recordPlay('one play'), 'any order');
  const scorer = await start('scorer');
  const [one, two] = [await start('broadcaster'), await start('broadcaster')];
  await Promise.all([scorer.ready(), one.ready(), two.ready()]);
  await eventually(async () => expect(Object.keys(await salariesOf(dataSource))).toEqual(TEAMS), {
    withinMs: 30_000,
  });
  const salaries = await salariesOf(dataSource);
  const shownBy = async (url: string): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await standings(url)).standings.map(({ team, salaryCents }) => [team.id, salaryCents]),
    );
  for (const { url } of [one, two])
    await eventually(async () => expect(await shownBy(url)).toEqual(salaries), { withinMs: 20_000 });

  const proxy = await TcpProxy.listen(one.port);
  const viewer = connectLeaderboard({ url: `http://127.0.0.1:${proxy.port}` });
  try {
    const changes: string[] = [];
    viewer.subscribe((change) => changes.push(change));
    await eventually(() => expect(viewer.view?.game.id).toBe(GAME), { withinMs: 10_000 });
    const { epoch } = viewer.view!;
    expect(epoch).toBe((await standings(one.url)).epoch);
    proxy.targetPort = two.port;
    changes.length = 0;
    expect(await one.stop()).toBe(0);
    await eventually(() => expect(viewer.view!.epoch).not.toBe(epoch), { withinMs: 15_000 });
    const there = await standings(two.url);
    expect(viewer.view!.epoch).toBe(there.epoch);
    expect(viewer.view!.standings).toEqual(there.standings);
    expect(viewer.connection.state).toBe('connected');
    expect(changes.filter((change) => change !== 'connection')[0]).toBe('snapshot');
  } finally {
    viewer.close();
    await proxy.close();
  }
}, 120_000);

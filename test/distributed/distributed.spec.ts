import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import kafkajs from 'kafkajs';
import { Registry } from 'prom-client';
import { TOPICS } from '#contracts';
import { openEventLog, type EventLog } from '#event-log';
import { formatCents } from '#kernel';
import { type DataSource, openDatabase } from '#persistence';
import { RuntimeModule, createLogger, systemClock } from '#runtime';
import { kafkaLacks, startKafka, startTestPostgres, type LocalKafka, type TestPostgres } from '#testing';
import { topicSpecs } from '../../apps/all-in-one/src/index.js';
import { ScorerModule } from '../../apps/scorer/src/index.js';
import { ServiceProcess } from '../faults/scoring/service-process.js';
import { documentedPaths, standings } from '../support/api.js';
import { describeWith } from '../support/describe-with.js';
import { GameFolder, GameProcess, ROOT, runCli } from '../support/game-process.js';
import { signal } from '../support/processes.js';
import { eventually } from '../support/wait.js';
import { GAME, TEAMS, ledgerOf, recordPlay, salariesOf, sealed, writePlay } from './recorded-play.js';

const PARTITIONS = 4;
const SCORED_WITHIN_MS = 60_000;

/** The services as processes of their own, on a real Kafka and a real PostgreSQL. */
describeWith('distributed', await kafkaLacks(), () => {
  let kafka: LocalKafka;
  let postgres: TestPostgres;
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    [kafka, postgres] = await Promise.all([startKafka(), startTestPostgres()]);
  }, 120_000);
  afterAll(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await Promise.all([kafka?.stop(), postgres?.stop()]);
  }, 30_000);

  async function newDatabase(name: string): Promise<{ url: string; dataSource: DataSource }> {
    const admin = await openDatabase(postgres.databaseUrl);
    await admin.query(`CREATE DATABASE ${name}`);
    await admin.destroy();
    const url = postgres.databaseUrl.replace(/[^/]+$/, name);
    const dataSource = await openDatabase(url, { migrate: true });
    closing.push(() => dataSource.destroy());
    return { url, dataSource };
  }

  async function openLog(url: string, partitions: number): Promise<EventLog> {
    const log = await openEventLog(url, { clock: systemClock });
    closing.push(() => log.close());
    await log.createTopics(topicSpecs(partitions));
    return log;
  }

  it('the same results give the same ledger, row by row, as in one process on LMDB, although a scorer is killed', async () => {
    const play = recordPlay('one play');
    const folder = await mkdtemp(join(tmpdir(), 'payday-distributed-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const embedded = await newDatabase('embedded');
    const lmdb = await openLog(`lmdb:${join(folder, 'log')}`, 1);
    const app = await NestFactory.createApplicationContext(
      {
        module: class OneProcess {},
        imports: [
          RuntimeModule.register({
            clock: systemClock,
            logger: createLogger({ service: 'test', level: 'silent' }),
            metrics: new Registry(),
            eventLog: lmdb,
            dataSource: embedded.dataSource,
          }),
          ScorerModule,
        ],
      },
      { logger: false },
    );
    await writePlay(lmdb, play, 'one order');
    await sealed(embedded.dataSource, 1, SCORED_WITHIN_MS);
    await app.close();

    const spread = await newDatabase('spread');
    const log = await openLog(kafka.url, PARTITIONS);
    const env = { PAYDAY_LOG_URL: kafka.url, DATABASE_URL: spread.url, PAYDAY_LOG_LEVEL: 'warn' };
    const scorers = [1, 2, 3].map(() => new ServiceProcess('scorer', env));
    closing.push(() => Promise.all(scorers.map((scorer) => scorer.kill())));
    for (const scorer of scorers) scorer.start();
    await writePlay(log, play, 'another order', async () => {
      await eventually(
        async () => expect(Object.keys(await salariesOf(spread.dataSource)).length).toBe(TEAMS.length),
        { withinMs: SCORED_WITHIN_MS },
      );
      await scorers[0]!.kill();
    });
    await sealed(spread.dataSource, PARTITIONS, SCORED_WITHIN_MS);

    const ledger = await ledgerOf(embedded.dataSource);
    expect(ledger.length).toBeGreaterThan(500);
    expect(await ledgerOf(spread.dataSource)).toEqual(ledger);
    const salaries = await salariesOf(embedded.dataSource);
    expect(Object.keys(salaries)).toEqual(TEAMS);
    expect(await salariesOf(spread.dataSource)).toEqual(salaries);
    expect(scorers.flatMap(({ crashes }) => crashes)).toEqual([]);
    for (const scorer of scorers) await scorer.stop();
  }, 180_000);

  it('score updates are CloudEvents in binary mode that a stranger can read with any Kafka client', async () => {
    const client = new kafkajs.Kafka({
      brokers: [kafka.url.slice('kafka://'.length)],
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const consumer = client.consumer({ groupId: 'a-stranger' });
    const messages: kafkajs.KafkaMessage[] = [];
    await consumer.connect();
    try {
      await consumer.subscribe({ topic: TOPICS.scoreUpdates, fromBeginning: true });
      await consumer.run({ eachMessage: async ({ message }) => void messages.push(message) });
      await eventually(() => expect(messages.length).toBeGreaterThan(TEAMS.length), { withinMs: 30_000 });
    } finally {
      await consumer.disconnect();
    }
    for (const { key, headers, value } of messages) {
      const plain = Object.fromEntries(
        Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)]),
      );
      const data = JSON.parse(String(value)) as { gameId: string; teamId: string; commitSeq: number };
      expect(String(key)).toBe(`${data.gameId}/${data.teamId}`);
      expect(data).toMatchObject({
        gameId: GAME,
        teamId: expect.stringMatching(/^[a-z]+$/),
        salaryCents: expect.any(Number),
        payPerMinuteCents: expect.any(Number),
        asOf: expect.any(Number),
        trend: { oneMinuteCents: expect.any(Number), fiveMinutesCents: expect.any(Number) },
      });
      expect(plain).toEqual({
        ce_specversion: '1.0',
        ce_id: expect.stringMatching(/^\d+-\d+-[a-z]+$/),
        ce_type: 'dev.payday.team.scored',
        ce_source: '/scorer',
        ce_subject: `${GAME}/${data.teamId}`,
        ce_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        ce_sequence: String(data.commitSeq),
        'content-type': 'application/json',
      });
    }
  }, 60_000);

  it('payday up plays quick.yaml, although a scorer and a broadcaster are killed, and payday audit agrees', async () => {
    const folder = new GameFolder();
    closing.push(() => folder.remove());
    const { url, dataSource } = await newDatabase('up');
    const log = `${kafka.url}?topicPrefix=up.`;
    const game = await GameProcess.up(
      folder,
      [
        '--scenario',
        join(ROOT, 'scenarios/quick.yaml'),
        '--teams',
        '3',
        '--speed',
        '3',
        '--log',
        log,
        '--exit-at-end',
      ],
      { DATABASE_URL: url },
    );
    await game.prints(/Leaderboard {3}http/, 120_000);
    await eventually(
      async () => {
        const view = await standings(game.url);
        expect(view.standings).toHaveLength(3);
        for (const row of view.standings) expect(row.salaryCents).not.toBe(0);
      },
      { withinMs: 40_000, unless: () => game.hasExited },
    );
    // Of control, ingest, the broadcaster and the chaos orchestrator, in one document.
    expect(await documentedPaths(game.url)).toEqual(
      expect.arrayContaining([
        '/api/v1/games',
        '/api/v1/probe-batches',
        '/api/v1/standings',
        '/api/v1/faults',
      ]),
    );
    for (const service of ['scorer', 'broadcaster']) {
      const victim = game.children().find(({ command }) => command.includes(`${service}/src/main.js`));
      signal(victim!.pid, 'SIGKILL');
    }
    const exit = await game.exited;
    expect({ ...exit, report: exit.code === 0 ? '' : game.report() }).toEqual({
      code: 0,
      signal: null,
      report: '',
    });
    await folder.allGone();

    const rows = await dataSource.query<{ name: string; cents: number }[]>(
      `SELECT t.name, sum(l.cents)::int8 AS cents FROM ledger l JOIN team t ON t.game_id = l.game_id AND t.id = l.team_id
       GROUP BY t.name ORDER BY 2 DESC`,
    );
    const printed = (game.stdout.split('Final standings\n')[1] ?? '').trimEnd().split('\n');
    expect(printed.map((line) => line.trim().replace(/ {2,}/g, ' '))).toEqual(
      rows.map(({ name, cents }, index) => `${index + 1} ${name} ${formatCents(cents)}`),
    );
    const audit = await runCli(['audit', '--log', log, '--database', url, '--json']);
    expect({ ...audit, stdout: '' }).toEqual({ code: 0, stdout: '', stderr: expect.any(String) });
    expect(JSON.parse(audit.stdout)).toMatchObject({ equal: true, sealed: true, teams: 3 });
  }, 240_000);
});

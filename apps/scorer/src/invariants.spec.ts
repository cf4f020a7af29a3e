import { jest } from '@jest/globals';
import { Registry } from 'prom-client';
import {
  OUTCOME,
  TOPICS,
  decodeCloudEvent,
  encodeCloudEvent,
  encodeProbeBatch,
  teamKey,
  type GameEvent,
  type Outcome,
  type TeamScore,
} from '#contracts';
import { openEventLog, type ConsumeOptions, type EventLog, type EventRecord } from '#event-log';
import { partitionOf } from '#kernel';
import { type DataSource, openDatabase, ScorerStore } from '#persistence';
import { createLogger } from '#runtime';
import {
  EventBuilder,
  ManualTime,
  buildBatch,
  buildScenario,
  startTestPostgres,
  type TestPostgres,
} from '#testing';
import { PartitionScorer, type PositionedInput } from './partition-scorer.js';
import { PartitionWorker } from './partition-worker.js';
import { ScorerMetrics } from './scorer-metrics.js';

const GAME = 'g';
const CENTS_PER_RESULT = 7;

let postgres: TestPostgres;
let dataSource: DataSource;
let log: EventLog;
let clock: ManualTime;
let events: EventBuilder;
let stores: ScorerStore[];

beforeAll(async () => {
  postgres = await startTestPostgres();
  dataSource = await openDatabase(postgres.databaseUrl, { migrate: true });
}, 60_000);

afterAll(async () => {
  await dataSource?.destroy();
  await postgres?.stop();
});

beforeEach(async () => {
  await dataSource.query('TRUNCATE scorer_checkpoint, ledger, team_score, window_state');
  log = await openEventLog('memory:');
  await log.createTopics(Object.values(TOPICS).map((topic) => ({ topic, partitions: 1 })));
  clock = new ManualTime();
  events = new EventBuilder(GAME);
  stores = [];
});

afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await log.close();
});

function newScorer(
  onto: EventLog = log,
  { partition, partitions } = { partition: 0, partitions: 1 },
  logger = createLogger({ service: 'test', level: 'silent' }),
): PartitionScorer {
  const store = new ScorerStore(dataSource);
  stores.push(store);
  return new PartitionScorer({
    partition,
    partitions,
    store,
    log: onto,
    clock,
    logger,
    metrics: new ScorerMetrics(new Registry(), () => 0),
    leaseMs: 15_000,
    delay: async () => {},
  });
}

const startedGame = (): GameEvent[] => [
  events.created(buildScenario()),
  events.team('ants'),
  events.make('dev.payday.game.scheduled', { startsAt: clock.nowMs(), endsAt: clock.nowMs() + 20_000 }),
];

const sealing = (): GameEvent => events.make('dev.payday.game.sealed', { sealedAt: clock.nowMs() });

/** A batch with one result. */
function batch(seq: number, outcome: Outcome = 'ok') {
  const result = {
    teamId: 'ants',
    role: 'consumer' as const,
    serviceId: 'catalog',
    counterpartyId: 'ants',
    intendedAt: clock.nowMs() + 100,
    latencyUs: 10_000,
    outcome,
  };
  return buildBatch(GAME, [result], { proberId: 'p', epoch: 1, seq });
}

function inputs(list: readonly GameEvent[], seqs: readonly number[] = []): PositionedInput[] {
  return [
    ...list.map((event) => ({
      source: 'game-events/0',
      position: String(event.sequence),
      input: { kind: 'event' as const, event },
    })),
    ...seqs.map((seq) => ({
      source: 'probe-results',
      position: String(seq + 1),
      input: { kind: 'batch' as const, batch: batch(seq) },
    })),
  ];
}

async function salary(): Promise<number | undefined> {
  const [row] = await dataSource.query<{ cents: number }[]>('SELECT salary_cents AS cents FROM team_score');
  return row?.cents;
}

async function committedSeq(): Promise<number> {
  const [row] = await dataSource.query<{ seq: number }[]>('SELECT commit_seq AS seq FROM scorer_checkpoint');
  return row!.seq;
}

const scoresIn = (records: readonly EventRecord[]): TeamScore[] =>
  records.map((record) => decodeCloudEvent(record).data as TeamScore);

/** The log, except that every append of score updates first goes to `onUpdates`, which may refuse it. */
function observed(onUpdates: (scores: TeamScore[]) => Promise<void>): EventLog {
  return new Proxy(log, {
    get(target, name) {
      if (name !== 'append') return Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name);
      return async (topic: string, records: EventRecord[]) => {
        if (topic === TOPICS.scoreUpdates) await onUpdates(scoresIn(records));
        return target.append(topic, records);
      };
    },
  });
}

describe('invariant 1: exactly once', () => {
  it('resumes after the source positions that were committed with the state, and counts a redelivery once', async () => {
    const first = newScorer();
    expect(await first.claim()).toEqual({});
    await first.process(inputs(startedGame(), [0, 1]));

    const second = newScorer();
    expect(await second.claim()).toEqual({ 'game-events/0': '3', 'probe-results': '2' });
    await second.process(inputs([], [1, 2]));
    expect(await salary()).toBe(3 * CENTS_PER_RESULT);
    expect(await newScorer().claim()).toEqual({ 'game-events/0': '3', 'probe-results': '3' });
  });

  it('fences a scorer that was replaced: it writes and publishes nothing of what it still holds', async () => {
    const published: TeamScore[] = [];
    const stale = newScorer(observed(async (scores) => void published.push(...scores)));
    await stale.claim();
    await stale.process(inputs(startedGame(), [0]));
    const fresh = newScorer();
    await fresh.claim();
    published.length = 0;
    await expect(stale.process(inputs([], [1]))).rejects.toMatchObject({ code: 'fenced' });
    expect(published).toEqual([]);
    await fresh.process(inputs([], [1]));
    expect(await salary()).toBe(2 * CENTS_PER_RESULT);
  });

  it('scores every result that was in the log when the game was sealed, however far behind the scorer was', async () => {
    await log.append(TOPICS.gameEvents, [...startedGame(), sealing()].map(encodeCloudEvent));
    const value = (seq: number): EventRecord => ({
      key: teamKey(GAME, 'ants'),
      value: encodeProbeBatch(batch(seq)),
    });
    await log.append(TOPICS.probeResults, [value(0), value(1)]);
    const worker = new PartitionWorker({
      partition: 0,
      scorer: newScorer(),
      log,
      logger: createLogger({ service: 'test', level: 'silent' }),
      delay: () => new Promise((resolve) => setImmediate(resolve)),
      close: async () => {},
    });
    expect(await worker.start()).toBeNull();
    const results = log.consume({
      topic: TOPICS.probeResults,
      startAt: () => 'earliest',
      maxBatchRecords: 1,
      onBatch: ({ records }) => worker.takeResults(records),
    });
    while (!worker.hasSealed(GAME)) await new Promise((resolve) => setImmediate(resolve));
    await results.close();
    await worker.stop();
    worker.assertWorking();
    expect(await salary()).toBe(2 * CENTS_PER_RESULT);
  });

  it('scores what was played before it started, even if results arrive before the game events', async () => {
    // More than the core can park.
    const count = 10_050;
    let deliver = (): void => {};
    const delivered = new Promise<void>((resolve) => (deliver = resolve));
    const slowEvents: EventLog = new Proxy(log, {
      get(target, name) {
        if (name !== 'consume') return Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name);
        return ({ onBatch, ...options }: ConsumeOptions) =>
          target.consume({ ...options, onBatch: async (events) => delivered.then(() => onBatch(events)) });
      },
    });
    await log.append(TOPICS.gameEvents, startedGame().map(encodeCloudEvent));
    const worker = new PartitionWorker({
      partition: 0,
      scorer: newScorer(),
      log: slowEvents,
      logger: createLogger({ service: 'test', level: 'silent' }),
      delay: () => new Promise((resolve) => setImmediate(resolve)),
      close: async () => {},
    });
    const results = Array.from({ length: count }, (_, seq) => ({
      key: teamKey(GAME, 'ants'),
      value: encodeProbeBatch(batch(seq)),
      headers: {},
      partition: 0,
      position: String(seq + 1),
      appendedAt: 0,
    }));
    const taken = worker.start().then(() => worker.takeResults(results));
    // Long enough for a scorer that does not wait.
    for (let i = 0; i < 500; i++) await new Promise((resolve) => setImmediate(resolve));
    deliver();
    await taken;
    await worker.stop();
    worker.assertWorking();
    expect(await salary()).toBe(count * CENTS_PER_RESULT);
    expect(await log.endPositions(TOPICS.deadLetters)).toEqual([null]);
  });

  it('stops reading while the database is slow, and loses nothing when it resumes', async () => {
    const count = 60;
    const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    await log.append(TOPICS.gameEvents, startedGame().map(encodeCloudEvent));
    await log.append(
      TOPICS.probeResults,
      Array.from({ length: count }, (_, seq) => ({
        key: teamKey(GAME, 'ants'),
        value: encodeProbeBatch(batch(seq)),
      })),
    );
    const scorer = newScorer();
    const process = scorer.process.bind(scorer);
    let goOn = (): void => {};
    const slowDatabase = new Promise<void>((resolve) => (goOn = resolve));
    jest.spyOn(scorer, 'process').mockImplementation(async (inputs) => {
      await slowDatabase;
      await process(inputs);
    });
    const worker = new PartitionWorker({
      partition: 0,
      scorer,
      log,
      logger: createLogger({ service: 'test', level: 'silent' }),
      delay: immediate,
      close: async () => {},
      maxWaiting: 5,
    });
    await worker.start();
    let taken = 0;
    const results = log.consume({
      topic: TOPICS.probeResults,
      startAt: () => 'earliest',
      maxBatchRecords: 1,
      onBatch: async ({ records }) => {
        await worker.takeResults(records);
        taken += records.length;
      },
    });
    // Long enough to read all of it, several times over.
    for (let i = 0; i < 20 * count; i++) await immediate();
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(count / 2);
    goOn();
    while (taken < count) await immediate();
    await results.close();
    await worker.stop();
    worker.assertWorking();
    expect(await salary()).toBe(count * CENTS_PER_RESULT);
  });

  it('stops although a sealing waits for results that never arrive', async () => {
    await log.append(TOPICS.gameEvents, [...startedGame(), sealing()].map(encodeCloudEvent));
    await log.append(TOPICS.probeResults, [
      { key: teamKey(GAME, 'ants'), value: encodeProbeBatch(batch(0)) },
    ]);
    const worker = new PartitionWorker({
      partition: 0,
      scorer: newScorer(),
      log,
      logger: createLogger({ service: 'test', level: 'silent' }),
      delay: () => new Promise((resolve) => setImmediate(resolve)),
      close: async () => {},
    });
    await worker.start();
    await worker.stop();
    expect(worker.hasSealed(GAME)).toBe(false);
  });
});

describe('what a prober sends', () => {
  it('cannot stop the partition: a text that PostgreSQL could not store goes to the dead letters', async () => {
    const failed = { ...batch(0), outcome: Uint32Array.of(OUTCOME.wrong_body) };
    failed.samples = [{ index: 0, checkId: 'c', request: 'GET /', expected: '{}', got: 'a~b' }];
    const value = encodeProbeBatch(failed).map((byte) => (byte === 0x7e ? 0 : byte));
    const worker = new PartitionWorker({
      partition: 0,
      scorer: newScorer(),
      log,
      logger: createLogger({ service: 'test', level: 'silent' }),
      delay: () => new Promise((resolve) => setImmediate(resolve)),
      close: async () => {},
    });
    await log.append(TOPICS.gameEvents, startedGame().map(encodeCloudEvent));
    await worker.start();
    const stored = [value, encodeProbeBatch(batch(1))].map((bytes, i) => ({
      key: teamKey(GAME, 'ants'),
      value: bytes,
      headers: {},
      partition: 0,
      position: String(i + 1),
      appendedAt: 0,
    }));
    await worker.takeResults(stored);
    await worker.stop();
    worker.assertWorking();
    expect(await salary()).toBe(CENTS_PER_RESULT);
    expect(await log.endPositions(TOPICS.deadLetters)).toEqual(['1']);
  });
});

describe('what comes too late', () => {
  it('goes to the dead letters even if it is too large for them as JSON', async () => {
    const results = 65_536;
    const large = {
      ...batch(0),
      offsetMs: new Uint32Array(results).fill(10_000_000),
      latencyUs: new Uint32Array(results).fill(99_999_999),
      outcome: new Uint32Array(results),
    };
    const scorer = newScorer();
    await scorer.claim();
    await scorer.process(inputs([...startedGame(), sealing()]));
    const [input] = inputs([], [0]);
    await scorer.process([{ ...input!, input: { kind: 'batch', batch: large } }]);
    expect(await log.endPositions(TOPICS.deadLetters)).toEqual(['1']);
  });

  it('stops nothing if it is unreadable, however large it is', async () => {
    const worker = new PartitionWorker({
      partition: 0,
      scorer: newScorer(),
      log,
      logger: createLogger({ service: 'test', level: 'silent' }),
      delay: () => new Promise((resolve) => setImmediate(resolve)),
      close: async () => {},
    });
    await worker.start();
    const value = new Uint8Array(999_990).fill(0xff);
    await worker.takeResults([{ key: 'k', value, headers: {}, partition: 0, position: '1', appendedAt: 0 }]);
    await worker.stop();
    worker.assertWorking();
    expect(await log.endPositions(TOPICS.deadLetters)).toEqual(['1']);
  });
});

describe('what was not scored', () => {
  it('is in the ledger, in the last score and in the log of the scorer, once', async () => {
    const logger = createLogger({ service: 'test', level: 'silent' });
    const warn = jest.spyOn(logger, 'warn').mockImplementation(() => undefined);
    const scorer = newScorer(log, undefined, logger);
    await scorer.claim();
    await scorer.process(inputs(startedGame(), [0]));
    expect(warn).not.toHaveBeenCalled();
    for (const seq of [1, 2, 2]) {
      const [input] = inputs([], [seq]);
      await scorer.process([{ ...input!, input: { kind: 'batch', batch: batch(seq, 'prober_error') } }]);
    }
    await scorer.process(inputs([sealing()]));
    expect(await dataSource.query(`SELECT count, cents, note FROM ledger WHERE reason = 'unscored'`)).toEqual(
      [{ count: 2, cents: 0, note: expect.stringMatching(/^2 of 3 requests \(66\.6 %\) were not scored/) }],
    );
    const [{ score }] = await dataSource.query<[{ score: TeamScore }]>('SELECT score FROM team_score');
    expect(score.requests).toContainEqual({ id: 'catalog', requests: 3, unscored: 2 });
    expect(warn.mock.calls).toEqual([
      [
        { results: 2, unscored: 1, percent: 50 },
        expect.stringMatching(/^50 % of the results of the last minute were not scored/),
      ],
    ]);
  });
});

describe('invariant 3: a number on a screen is durable', () => {
  it('publishes nothing before it is committed', async () => {
    const seen: { published: number; committed: number }[] = [];
    const scorer = newScorer(
      observed(async ([score]) => {
        seen.push({ published: score!.commitSeq, committed: await committedSeq() });
      }),
    );
    await scorer.claim();
    await scorer.process(inputs(startedGame(), [0]));
    await scorer.process(inputs([], [1]));
    expect(seen).toEqual([
      { published: 1, committed: 1 },
      { published: 2, committed: 2 },
    ]);
  });

  it('republishes what may be unpublished of its own teams, not what it once read of others', async () => {
    const claimOf = (partition: number, onto: EventLog): PartitionScorer =>
      newScorer(onto, { partition, partitions: 2 });
    const teams = ['ants', 'bees', 'cats', 'dogs'];
    const ownerOf = (team: string): number => partitionOf(teamKey(GAME, team), 2);
    const game = inputs([
      events.created(buildScenario()),
      ...teams.map((team) => events.team(team)),
      events.make('dev.payday.game.scheduled', { startsAt: clock.nowMs(), endsAt: clock.nowMs() + 20_000 }),
    ]);
    for (const partition of [0, 1]) {
      const scorer = claimOf(partition, log);
      await scorer.claim();
      await scorer.process(game);
    }
    const published: TeamScore[] = [];
    await claimOf(
      0,
      observed(async (scores) => void published.push(...scores)),
    ).claim();
    const own = teams.filter((team) => ownerOf(team) === 0);
    expect(own.length % teams.length).not.toBe(0);
    expect(published.map(({ teamId }) => teamId)).toEqual(own);
  });

  it.each([
    ['a running', false],
    ['a sealed', true],
  ])('publishes the last commit of %s game after a crash between the two', async (_state, isSealed) => {
    const crashed = newScorer(
      observed(async () => {
        throw new Error('killed');
      }),
    );
    await crashed.claim();
    const game = startedGame();
    await expect(crashed.process(inputs([...game, ...(isSealed ? [sealing()] : [])], []))).rejects.toThrow(
      'killed',
    );
    const published: TeamScore[] = [];
    const next = newScorer(observed(async (scores) => void published.push(...scores)));
    await next.claim();
    expect(published).toMatchObject([{ teamId: 'ants', commitSeq: 1 }]);
  });
});

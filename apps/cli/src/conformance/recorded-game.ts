import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import {
  OUTCOMES,
  TOPICS,
  decodeCloudEvent,
  decodeProbeBatch,
  encodeCloudEvent,
  encodeProbeBatch,
  teamKey,
  type GameEvent,
  type ProbeBatch,
  type Scenario,
} from '#contracts';
import { openEventLog, readRanges, type EventLog } from '#event-log';
import { PaydayError, randomStream } from '#kernel';
import { type DataSource, GameStore, openDatabase, ScorerStore } from '#persistence';
import { createLogger } from '#runtime';
import { EventBuilder, buildBatch, buildScenario, startTestPostgres, type PlainResult } from '#testing';
import { PartitionScorer } from '../../../scorer/src/index.js';
import { ScorerMetrics } from '../../../scorer/src/scorer-metrics.js';

export const GAME_ID = 'recorded';
export const START = 1_795_000_000_000;
export const TEAM_IDS = ['fenrir', 'golem', 'hydra'];

/** A game in a real log and a real database, scored by the real scorer, step by step. */
export interface RecordedGame {
  logUrl: string;
  databaseUrl: string;
  database: DataSource;
  scenario: Scenario;
  /** All events and, once each, all results that were sent for the game, in the order sent. */
  events: GameEvent[];
  results: PlainResult[];
  publishEvents(...events: GameEvent[]): Promise<void>;
  make: EventBuilder;
  /** Sends results of some seconds of the game, in random batches, some of them twice. */
  send(fromSecond: number, toSecond: number, options?: { count?: boolean }): Promise<void>;
  append(batch: ProbeBatch): Promise<void>;
  appendRaw(key: string, value: Uint8Array): Promise<void>;
  /** Lets a scorer that starts from the last commit apply everything in the log. */
  score(): Promise<void>;
  close(): Promise<void>;
}

export async function recordGame(seed: string): Promise<RecordedGame> {
  const postgres = await startTestPostgres();
  const folder = await mkdtemp(join(tmpdir(), 'payday-cli-'));
  const logUrl = `lmdb:${join(folder, 'log')}`;
  const log = await openEventLog(logUrl);
  await log.createTopics(Object.values(TOPICS).map((topic) => ({ topic, partitions: 1 })));
  const database = await openDatabase(postgres.databaseUrl, { migrate: true });
  const scenario = buildScenario();
  await insertGame(database, scenario);
  const { below } = randomStream(seed, 'recorded-game');
  const events: GameEvent[] = [];
  const results: PlainResult[] = [];
  let seq = 0;

  const append = async (batch: ProbeBatch): Promise<void> => {
    await appendRaw(teamKey(batch.gameId, batch.teamId), encodeProbeBatch(batch));
  };
  const appendRaw = async (key: string, value: Uint8Array): Promise<void> => {
    await log.append(TOPICS.probeResults, [{ key, value }]);
  };
  const result = (teamId: string, second: number): PlainResult => {
    const provides = below(5) === 0;
    const other = TEAM_IDS[below(TEAM_IDS.length)]!;
    const outcome = below(3) > 0 ? 'ok' : OUTCOMES[below(OUTCOMES.length)]!;
    const latencyUs = [49_999, 50_000, 50_001, 200_000, 200_001, 1 + below(400_000)][below(6)]!;
    return {
      teamId,
      role: provides ? 'provider' : 'consumer',
      serviceId: scenario.services[below(2)]!.id,
      counterpartyId: provides || below(3) === 0 ? other : teamId,
      intendedAt: START + second * 1000 + below(1000),
      latencyUs,
      outcome,
    };
  };
  return {
    logUrl,
    databaseUrl: postgres.databaseUrl,
    database,
    scenario,
    events,
    results,
    make: new EventBuilder(GAME_ID),
    publishEvents: async (...publishedEvents) => {
      events.push(...publishedEvents);
      await log.append(TOPICS.gameEvents, publishedEvents.map(encodeCloudEvent));
    },
    send: async (fromSecond, toSecond, { count = true } = {}) => {
      for (let second = fromSecond; second < toSecond; second++) {
        for (const teamId of TEAM_IDS) {
          for (let n = 0; n < 8; n++) {
            const one = result(teamId, second);
            const same = [one, { ...one, outcome: 'ok' as const, intendedAt: one.intendedAt + 1 }];
            if (count) results.push(...same);
            const watermarkMs = START + (second - 2) * 1000;
            const batch = buildBatch(GAME_ID, same, { proberId: 'p1', epoch: 7, seq: seq++, watermarkMs });
            if (one.outcome !== 'ok' && one.outcome !== 'prober_error')
              batch.samples = [
                { index: 0, checkId: 'home', request: 'GET /', expected: '200', got: '"b",\n1' },
              ];
            await append(batch);
            if (below(5) === 0) await append(batch);
          }
        }
      }
    },
    append,
    appendRaw,
    score: () => scoreAll(database, log),
    close: async () => {
      await log.close();
      await database.destroy();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function insertGame(database: DataSource, scenario: Scenario): Promise<void> {
  const games = new GameStore(database);
  const at = { startsAt: START, endsAt: START + scenario.durationMs, pausedAt: null, createdAt: START };
  await games.transaction((manager) =>
    games.insert(
      manager,
      {
        id: GAME_ID,
        name: scenario.name,
        seed: scenario.seed,
        scenario,
        state: 'running',
        ...at,
        sealedAt: null,
        lastAliveAt: null,
      },
      TEAM_IDS.map((id) => ({ id, name: `Team "${id}", Inc.`, color: '#fff', ranked: id !== 'hydra' })),
      [],
    ),
  );
}

async function scoreAll(database: DataSource, log: EventLog): Promise<void> {
  const store = new ScorerStore(database);
  let nowMs = START;
  const clock = { nowMs: () => (nowMs += 10), monotonicMs: () => nowMs };
  const scorer = new PartitionScorer({
    partition: 0,
    partitions: 1,
    store,
    log,
    clock,
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics: new ScorerMetrics(new Registry(), () => nowMs),
    leaseMs: 15_000,
    delay: async () => {},
  });
  const positions = await scorer.claim();
  for (const [topic, source] of [
    [TOPICS.gameEvents, 'game-events/0'],
    [TOPICS.probeResults, 'probe-results'],
  ] as const) {
    const ranges = [{ partition: 0, from: positions[source], to: (await log.endPositions(topic))[0]! }];
    for await (const { records } of readRanges(log, { topic, ranges, maxBatchRecords: 37 }))
      await scorer.process(
        records.map((record) => {
          const { position } = record;
          try {
            return topic === TOPICS.gameEvents
              ? { source, position, input: { kind: 'event', event: decodeCloudEvent(record) as GameEvent } }
              : { source, position, input: { kind: 'batch', batch: decodeProbeBatch(record.value) } };
          } catch (error) {
            if (error instanceof PaydayError) return { source, position };
            throw error;
          }
        }),
      );
  }
  await store.close();
}

import { Test } from '@nestjs/testing';
import { Registry } from 'prom-client';
import { TOPICS, encodeCloudEvent, encodeProbeBatch, teamKey } from '#contracts';
import { openEventLog, type EventLog } from '#event-log';
import { type DataSource, openDatabase } from '#persistence';
import { RuntimeModule, createLogger } from '#runtime';
import {
  EventBuilder,
  ManualTime,
  buildBatch,
  buildScenario,
  startTestPostgres,
  type TestPostgres,
} from '#testing';
import { ScorerModule, ScorerService } from '../../scorer/src/index.js';
import { lastSignOfLife } from './last-sign-of-life.js';

const GAME = 'g';
const NOTHING_HEARD = null;

let postgres: TestPostgres;
let dataSource: DataSource;
let log: EventLog;
let clock: ManualTime;
let startsAt: number;
let events: EventBuilder;
let seq = 0;

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
  clock = new ManualTime();
  startsAt = clock.nowMs();
  log = await openEventLog('memory:', { clock });
  await log.createTopics(Object.values(TOPICS).map((topic) => ({ topic, partitions: 1 })));
  events = new EventBuilder(GAME);
  const begun = [
    events.created(buildScenario({ durationMs: 900_000 })),
    events.team('ants'),
    events.make('dev.payday.game.scheduled', { startsAt, endsAt: startsAt + 900_000 }),
  ];
  await log.append(TOPICS.gameEvents, begun.map(encodeCloudEvent));
});
afterEach(() => log.close());

/** What ingest does with an accepted batch: one good result, or none. */
async function accept(intendedAt: number | null, gameId = GAME): Promise<void> {
  const result = (at: number) => ({
    teamId: 'ants',
    role: 'consumer' as const,
    serviceId: 'catalog',
    counterpartyId: 'ants',
    intendedAt: at,
    latencyUs: 10_000,
    outcome: 'ok' as const,
  });
  const batch = buildBatch(gameId, [result(intendedAt ?? startsAt)], { proberId: 'p', epoch: 1, seq: seq++ });
  if (intendedAt === null)
    Object.assign(batch, {
      offsetMs: new Uint32Array(),
      latencyUs: new Uint32Array(),
      outcome: new Uint32Array(),
    });
  await log.append(TOPICS.probeResults, [{ key: teamKey(gameId, 'ants'), value: encodeProbeBatch(batch) }]);
}

/** Scores everything that is in the log, and stops as a process that is told to. */
async function score(until?: (scorer: ScorerService) => boolean): Promise<void> {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const parts = { clock, logger, metrics: new Registry(), eventLog: log, dataSource };
  const module = await Test.createTestingModule({
    imports: [RuntimeModule.register(parts), ScorerModule],
  }).compile();
  await module.init();
  const scorer = module.get(ScorerService);
  await scorer.caughtUp();
  while (until?.(scorer) === false) await new Promise((resolve) => setImmediate(resolve));
  await module.close();
}

const alive = (heartbeatAt: number | null = NOTHING_HEARD): Promise<number | null> =>
  lastSignOfLife(GAME, heartbeatAt, dataSource, log);

describe.each([
  ['as soon as it was accepted', async () => {}],
  ['once it is scored', () => score()],
])('an accepted result, %s, is a sign of life of the moment in which it was taken', (_, then) => {
  it.each([
    ['now', 0],
    ['300 s ahead', 300_000],
    ['ten minutes ago', -600_000],
    ['at the beginning of time', -1_700_000_000_000],
  ])('be it dated %s', async (_name, offsetMs) => {
    clock.advance(20_000);
    const takenAt = clock.nowMs();
    await accept(takenAt + offsetMs);
    clock.advance(1);
    await then();
    // However long nobody looks.
    clock.advance(60_000);
    expect(await alive()).toBe(takenAt);
    expect(await alive(takenAt - 900)).toBe(takenAt);
    expect(await alive(takenAt + 900)).toBe(takenAt + 900);
  });

  it('nor does a later one that is dated earlier take anything back', async () => {
    clock.advance(20_000);
    await accept(clock.nowMs());
    await then();
    clock.advance(400);
    await accept(startsAt);
    expect(await alive()).toBe(startsAt + 20_400);
  });

  it('while a watermark without results, and the results of another game, are none of this game', async () => {
    clock.advance(20_000);
    await accept(null);
    await accept(clock.nowMs(), 'other');
    await then();
    expect(await alive()).toBe(null);
    expect(await alive(startsAt)).toBe(startsAt);
  });
});

it('of a game that is sealed nothing is kept', async () => {
  clock.advance(20_000);
  await accept(clock.nowMs());
  await score();
  expect(await alive()).toBe(startsAt + 20_000);
  const sealing = events.make('dev.payday.game.sealed', { sealedAt: clock.nowMs() });
  await log.append(TOPICS.gameEvents, [encodeCloudEvent(sealing)]);
  await score((scorer) => scorer.hasSealed(GAME));
  expect(await alive()).toBe(null);
});

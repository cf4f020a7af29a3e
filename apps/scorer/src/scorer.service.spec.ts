import { Test, type TestingModule } from '@nestjs/testing';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { TOPICS, encodeCloudEvent, encodeProbeBatch, teamKey } from '#contracts';
import { openEventLog, type EventLog } from '#event-log';
import { ScorerStore, openDatabase } from '#persistence';
import { RuntimeModule, createLogger, systemClock } from '#runtime';
import { EventBuilder, buildBatch, buildScenario, startTestPostgres, type TestPostgres } from '#testing';
import { ScorerModule } from './scorer.module.js';

const GAME = 'g';

describe('a scorer whose partition is claimed by a rival that then does nothing', () => {
  let postgres: TestPostgres;
  let dataSource: DataSource;
  let log: EventLog;
  let scorer: TestingModule;
  let rival: ScorerStore;
  const startsAt = Date.now();

  beforeAll(async () => {
    postgres = await startTestPostgres();
    dataSource = await openDatabase(postgres.databaseUrl, { migrate: true });
    log = await openEventLog('memory:');
    await log.createTopics(Object.values(TOPICS).map((topic) => ({ topic, partitions: 1 })));
    const events = new EventBuilder(GAME);
    const begun = [
      events.created(buildScenario()),
      events.team('ants'),
      events.make('dev.payday.game.scheduled', { startsAt, endsAt: startsAt + 60_000 }),
    ];
    await log.append(TOPICS.gameEvents, begun.map(encodeCloudEvent));
    const logger = createLogger({ service: 'test', level: 'silent' });
    const parts = { clock: systemClock, logger, metrics: new Registry(), eventLog: log, dataSource };
    scorer = await Test.createTestingModule({
      imports: [RuntimeModule.register(parts), ScorerModule],
    }).compile();
    await scorer.init();
    rival = new ScorerStore(dataSource);
  }, 60_000);

  afterAll(async () => {
    await scorer?.close();
    await rival?.close();
    await log?.close();
    await dataSource?.destroy();
    await postgres?.stop();
  });

  async function append(seq: number): Promise<void> {
    const result = {
      teamId: 'ants',
      role: 'consumer' as const,
      serviceId: 'catalog',
      counterpartyId: 'ants',
      intendedAt: startsAt + 100,
      latencyUs: 10_000,
      outcome: 'ok' as const,
    };
    const batch = buildBatch(GAME, [result], {
      proberId: 'p',
      epoch: 1,
      seq,
      watermarkMs: startsAt + 20_000,
    });
    await log.append(TOPICS.probeResults, [{ key: teamKey(GAME, 'ants'), value: encodeProbeBatch(batch) }]);
  }

  const served = async (): Promise<number> => {
    const [row] = await dataSource.query<{ count: string }[]>(
      `SELECT coalesce(sum(count), 0) AS count FROM ledger WHERE reason = 'served'`,
    );
    return Number(row!.count);
  };
  const until = async (count: number): Promise<void> => {
    while ((await served()) < count) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  it('is fenced, rejoins the group, and resumes after the last commit', async () => {
    await append(0);
    await until(1);
    await rival.claim(0);
    await append(1);
    await until(2);
    await append(2);
    await until(3);
    // Nothing was counted twice.
    expect(await served()).toBe(3);
  }, 30_000);
});

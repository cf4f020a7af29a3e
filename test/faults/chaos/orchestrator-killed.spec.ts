import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOPICS, decodeCloudEvent, encodeCloudEvent, type FaultInfo, type GameEvent } from '#contracts';
import { openEventLog, type EventLog } from '#event-log';
import { type DataSource, openDatabase, OutboxRelay } from '#persistence';
import { systemClock } from '#runtime';
import { EventBuilder, buildScenario, startTestPostgres, type TestPostgres } from '#testing';
import { startTeam, type RunningTeam } from '../../../apps/unicorn-rentals/src/sandbox/start-team.js';
import { eventually, sleep } from '../../support/wait.js';
import { ServiceProcess } from '../scoring/service-process.js';
import { PatientAgent } from './patient-agent.js';

const TEAMS = ['ants', 'bees', 'cats', 'dogs', 'eels'];
const TOKEN = 'a-secret-of-this-test';
const TTL_MS = 12_000;
/** How long after its end a fault must be verified gone, although the orchestrator was killed. */
const GRACE_MS = 5_000;
const BOOT_MS = 40_000;

describe('the orchestrator is killed while five faults act', () => {
  let postgres: TestPostgres;
  let dataSource: DataSource;
  let folder: string;
  let log: EventLog;
  let relay: OutboxRelay;
  let orchestrator: ServiceProcess;
  let port: number;
  const teams: RunningTeam[] = [];
  const agents: PatientAgent[] = [];
  /** Each state of each fault, and when it was entered. */
  const told: { info: FaultInfo; at: number }[] = [];

  beforeAll(async () => {
    postgres = await startTestPostgres();
    dataSource = await openDatabase(postgres.databaseUrl, { migrate: true });
    folder = await mkdtemp(join(tmpdir(), 'payday-chaos-'));
    log = await openEventLog(`lmdb:${join(folder, 'log')}`, { clock: systemClock });
    await log.createTopics(Object.values(TOPICS).map((topic) => ({ topic, partitions: 1 })));
    log.consume({
      topic: TOPICS.gameEvents,
      startAt: () => 'earliest',
      onBatch: async ({ records }) => {
        for (const event of records.map((record) => decodeCloudEvent(record) as GameEvent))
          if (event.type === 'dev.payday.fault.changed')
            told.push({ info: event.data.fault, at: event.time });
      },
    });
    relay = new OutboxRelay(dataSource, { append: (topic, records) => log.append(topic, records) });
    relay.start();
    for (const teamId of TEAMS) {
      const skills = { router: 1, catalog: 1, pricing: 1, booking: 1, engineer: 0 };
      teams.push(await startTeam({ teamId, seed: 'killed', skills, speed: 1, ports: {}, token: TOKEN }));
      agents.push(await PatientAgent.open(teams.at(-1)!.agentUrl));
    }
    const targets = TEAMS.map((teamId, i) => ({
      teamId,
      sandbox: { agentUrl: agents[i]!.url, token: TOKEN },
    }));
    await writeFile(join(folder, 'targets.json'), JSON.stringify({ targets }), { mode: 0o600 });
    port = await freePort();
    orchestrator = new ServiceProcess('chaos-orchestrator', {
      PAYDAY_LOG_URL: `lmdb:${join(folder, 'log')}`,
      DATABASE_URL: postgres.databaseUrl,
      PAYDAY_CHAOS_TARGETS: join(folder, 'targets.json'),
      PAYDAY_LOG_LEVEL: 'warn',
      PAYDAY_PORT: String(port),
    });
  }, 90_000);

  afterAll(async () => {
    await orchestrator?.kill();
    for (const agent of agents) agent.close();
    await Promise.all(teams.map((team) => team.close()));
    await relay?.stop();
    await log?.close();
    await dataSource?.destroy();
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 30_000);

  const inState = (state: FaultInfo['state']) => told.filter(({ info }) => info.state === state);
  const isUp = async (team: RunningTeam): Promise<boolean> =>
    fetch(`${team.endpoints.catalog}/unicorns`).then(
      ({ ok }) => ok,
      () => false,
    );

  it('all are verified gone by TTL + 5 s, and no agent ended one by itself', async () => {
    orchestrator.start();
    await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}/readyz`)).ok).toBe(true), {
      withinMs: BOOT_MS,
    });
    const startsAt = Date.now() + 200;
    const events = new EventBuilder('game');
    const scenario = buildScenario({
      durationMs: 120_000,
      timeline: [
        {
          ...{ type: 'fault', atMs: 500, id: 'outage', kind: 'crash', serviceId: 'catalog', params: {} },
          ...{ ttlMs: TTL_MS, teams: 'all', label: 'Somebody pulled the plug' },
        },
      ],
    });
    const game = [
      events.created(scenario),
      ...TEAMS.map((id) => events.team(id)),
      events.make('dev.payday.game.scheduled', { startsAt, endsAt: startsAt + scenario.durationMs }),
    ];
    await log.append(TOPICS.gameEvents, game.map(encodeCloudEvent));
    await eventually(() => expect(inState('active')).toHaveLength(5), { withinMs: 20_000 });
    expect(await Promise.all(teams.map(isUp))).toEqual(TEAMS.map(() => false));

    await orchestrator.kill();
    await sleep(500);
    orchestrator.start();
    await eventually(() => expect(inState('reverted')).toHaveLength(5), { withinMs: TTL_MS + 30_000 });
    for (const { info, at } of inState('reverted')) {
      expect(at).toBeLessThanOrEqual(info.expiresAt + GRACE_MS);
      // It was not cut short either: the next process continued it.
      expect(at).toBeGreaterThanOrEqual(info.expiresAt);
      expect(info.detail).toBe('its time was over');
    }
    expect(await Promise.all(teams.map(isUp))).toEqual(TEAMS.map(() => true));
    expect(orchestrator.crashes).toEqual([]);
    // No entry fired twice.
    expect(inState('firing')).toHaveLength(5);
  }, 120_000);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

import type { TestPostgres } from '#testing';
import { sleep } from '../../support/wait.js';
import {
  killBetweenCommitAndPublish,
  killIngest,
  killPostgres,
  killScorer,
  pause,
  takeOver,
  type Struck,
} from './strikes.js';
import { comeAndGo, halfOpen, killBroker, zombies } from './kafka-strikes.js';
import type { Medium } from './medium.js';
import type { Verdict } from './verdict.js';
import { World, type WorldOptions } from './world.js';

/** How often each fault occurs, and how long the scenarios without kills last. */
export interface Size {
  scorerKills: number;
  gapKills: number;
  ingestKills: number;
  postgresKills: number;
  takeovers: number;
  playMs: number;
  brokerKills: number;
  /** How long a connection passes nothing. */
  silentMs: number;
  /** Scorers that join or leave, and the interval. */
  changes: number;
  changeEveryMs: number;
}

export const FULL: Size = {
  scorerKills: 200,
  gapKills: 20,
  ingestKills: 30,
  postgresKills: 6,
  takeovers: 8,
  playMs: 12_000,
  brokerKills: 5,
  silentMs: 30_000,
  changes: 20,
  changeEveryMs: 5_000,
};
export const QUICK: Size = {
  scorerKills: 12,
  gapKills: 3,
  ingestKills: 3,
  postgresKills: 1,
  takeovers: 2,
  playMs: 3_000,
  brokerKills: 1,
  silentMs: 8_000,
  changes: 4,
  changeEveryMs: 2_000,
};

/** One row of the table. */
export interface Outcome extends Verdict {
  scenario: string;
  kills: number;
  results: number;
  /** What `payday audit` found wrong. */
  audit: number;
  /** In order of size. */
  recoveriesMs: number[];
  proof: Record<string, number>;
}

interface Scenario {
  name: string;
  options?: Pick<WorldOptions, 'skewsMs' | 'begunBeforeMs' | 'partitions'>;
  /** How far in the future the end of the game is when it is ended. */
  endsInMs?: number;
  strike(world: World, size: Size, seed: string): Promise<Struck>;
}

/**
 * A world in which every prober's clock is wrong. The oracle gets the intended times as the probers state them: a result
 * counts in the window that its prober's clock names, and does not count outside the game. The slowest
 * clock's first results are before the game, the fastest clock's last ones after its end.
 */
export const SKEWED = {
  options: { skewsMs: [-300_000, -120_000, 0, 120_000, 300_000], begunBeforeMs: 298_000 },
  endsInMs: 299_000,
} as const;

/** Faults that every log must survive. */
const SHARED: readonly Scenario[] = [
  {
    name: 'scorer killed at random points',
    strike: (world, { scorerKills }, seed) =>
      killScorer(world, world.medium.kafka ? Math.min(scorerKills, KAFKA_SCORER_KILLS) : scorerKills, seed),
  },
  {
    name: 'scorer killed between commit and publish',
    strike: (world, { gapKills }) => killBetweenCommitAndPublish(world, gapKills),
  },
  {
    name: 'ingest killed between append and ack',
    strike: (world, { ingestKills }, seed) => killIngest(world, ingestKills, seed),
  },
  {
    name: 'PostgreSQL killed under load',
    strike: (world, { postgresKills }, seed) => killPostgres(world, postgresKills, seed),
  },
  {
    name: '10 % duplicates, 20 % reordered, late results, a pause',
    strike: (world, { playMs }) => pause(world, playMs),
  },
  {
    name: 'clock skew of up to ±5 min per prober',
    ...SKEWED,
    strike: async (_world, { playMs }) => {
      await sleep(playMs);
      return { kills: 0, recoveriesMs: [] };
    },
  },
];

/** Kafka's scorers are killed less often: the group notices each kill only when the session ends. */
const KAFKA_SCORER_KILLS = 50;

export const SCENARIOS: Record<Medium['name'], readonly Scenario[]> = {
  lmdb: [
    ...SHARED,
    {
      name: 'two scorers on one partition',
      strike: (world, { takeovers }) => takeOver(world, takeovers),
    },
  ],
  kafka: [
    {
      name: 'broker killed and restarted',
      strike: (world, { brokerKills }, seed) => killBroker(world, brokerKills, seed),
    },
    {
      name: 'connections half-open',
      strike: (world, { silentMs }) => halfOpen(world, silentMs),
    },
    {
      name: 'zombies: asleep past their session',
      strike: (world, { takeovers }) => zombies(world, takeovers),
    },
    {
      name: 'scorers come and go, some by a kill',
      options: { partitions: 4 },
      strike: (world, { changes, changeEveryMs }, seed) => comeAndGo(world, changes, changeEveryMs, seed),
    },
    ...SHARED,
  ],
};

/** Plays one scenario to its sealed end. */
export async function play(
  scenario: Scenario,
  postgres: TestPostgres,
  medium: Medium,
  size: Size,
  seed: string,
  onKill?: WorldOptions['onKill'],
): Promise<Outcome> {
  const options = { seed: `${seed} ${scenario.name}`, medium, onKill, ...scenario.options };
  const world = await World.create(postgres, options);
  try {
    const { kills, recoveriesMs, proof } = await scenario.strike(world, size, seed);
    await world.finish(scenario.endsInMs);
    return {
      scenario: scenario.name,
      kills,
      results: world.acknowledgedResults,
      ...(await world.verdict()),
      audit: await world.audit(),
      recoveriesMs: recoveriesMs.sort((a, b) => a - b),
      proof: (await proof?.()) ?? {},
    };
  } finally {
    await world.close();
  }
}

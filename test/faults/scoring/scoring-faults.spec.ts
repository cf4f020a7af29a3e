import { startTestPostgres, type TestPostgres } from '#testing';
import { SKEWED } from './scenarios.js';
import {
  killBetweenCommitAndPublish,
  killIngest,
  killPostgres,
  killScorer,
  pause,
  takeOver,
} from './strikes.js';
import { World } from './world.js';

/**
 * The short version of `npm run test:faults`: one game that suffers every fault, in real processes. Repeat a run with
 * `TEST_SEED=<seed of the title>`.
 */
const SEED = process.env['TEST_SEED'] ?? String(Date.now() % 1_000_000);

describe(`a game whose processes are killed under load (seed ${SEED})`, () => {
  let postgres: TestPostgres;
  let world: World;

  beforeAll(async () => {
    postgres = await startTestPostgres();
    world = await World.create(postgres, { seed: SEED, ...SKEWED.options });
  }, 60_000);

  afterAll(async () => {
    await world?.close();
    await postgres?.stop();
  }, 30_000);

  it('survives twelve kills of the scorer and three of ingest, while it is paused and goes on', async () => {
    const [scorer, ingest] = await Promise.all([
      killScorer(world, 12, SEED, 50),
      killIngest(world, 3, SEED),
      pause(world, 6_000),
    ]);
    expect([scorer.kills, ingest.kills]).toEqual([12, 3]);
  }, 120_000);

  it('survives the death of PostgreSQL', async () => {
    const { recoveriesMs } = await killPostgres(world, 1, SEED);
    expect(recoveriesMs).toHaveLength(1);
  }, 60_000);

  it('survives kills of the scorer between its commit and its publishing', async () => {
    const { proof } = await killBetweenCommitAndPublish(world, 2);
    expect(await proof!()).toEqual({ inTheGap: 2 });
  }, 60_000);

  it('refuses the commits of a scorer that was replaced', async () => {
    const { proof } = await takeOver(world, 2);
    expect(await proof!()).toEqual({ fenced: 2 });
  }, 60_000);

  it('counts every acknowledged result exactly once, to the cent', async () => {
    await world.finish(SKEWED.endsInMs);
    expect(world.acknowledgedResults).toBeGreaterThan(1_000);
    const repeats = [...(await world.appendedTimes()).values()].filter((times) => times > 1);
    expect(repeats.length).toBeGreaterThan(0);
    expect(await world.verdict()).toEqual({
      lost: 0,
      double: 0,
      wrongRows: 0,
      wrongSalaries: 0,
      examples: [],
    });
  }, 60_000);

  it('has published every salary as it was committed', async () => {
    expect(await world.updates.salaries()).toEqual(await world.salaries());
  });
});

import { kafkaLacks, startTestPostgres, type TestPostgres } from '#testing';
import { describeWith } from '../../support/describe-with.js';
import { comeAndGo, killBroker, zombies } from '../scoring/kafka-strikes.js';
import { kafkaMedium, type Medium } from '../scoring/medium.js';
import { World } from '../scoring/world.js';

/**
 * The short version of `npm run test:faults -- --log kafka`: one game whose scorer processes share four partitions.
 * Repeat a run with `TEST_SEED=<seed of the title>`.
 */
const SEED = process.env['TEST_SEED'] ?? String(Date.now() % 1_000_000);

describeWith(`a game on Kafka that is disturbed under load (seed ${SEED})`, await kafkaLacks(), () => {
  let postgres: TestPostgres;
  let medium: Medium;
  let world: World;

  beforeAll(async () => {
    [postgres, medium] = await Promise.all([startTestPostgres(), kafkaMedium()]);
    world = await World.create(postgres, { seed: SEED, medium, partitions: 4 });
  }, 120_000);

  afterAll(async () => {
    await world?.close();
    await medium?.close();
    await postgres?.stop();
  }, 60_000);

  it('survives scorers that join and leave', async () => {
    await comeAndGo(world, 3, 500, SEED);
  }, 120_000);

  it('survives a scorer that sleeps past its session and wakes up as if nothing had happened', async () => {
    const { proof } = await zombies(world, 1);
    const { fenced, letGo } = await proof!();
    expect(fenced! + letGo!).toBe(1);
  }, 120_000);

  it('survives the death of the broker', async () => {
    const { recoveriesMs } = await killBroker(world, 1, SEED);
    expect(recoveriesMs).toHaveLength(1);
  }, 120_000);

  it('counts every acknowledged result exactly once, to the cent', async () => {
    await world.finish();
    expect(world.acknowledgedResults).toBeGreaterThan(1_000);
    expect(await world.verdict()).toEqual({
      lost: 0,
      double: 0,
      wrongRows: 0,
      wrongSalaries: 0,
      examples: [],
    });
    expect(await world.audit()).toBe(0);
  }, 120_000);

  it('has published every salary as it was committed', async () => {
    expect(await world.updates.salaries()).toEqual(await world.salaries());
  });
});

import { randomStream } from '#kernel';
import { sleep } from '../../support/wait.js';
import type { Checkpoint } from './commit-watch.js';
import type { Gap } from './medium.js';
import type { ServiceProcess } from './service-process.js';
import type { World } from './world.js';

/** The effect of a series of faults. */
export interface Struck {
  kills: number;
  /** From each kill to the first commit (of ingest: the first acknowledgement) after it, ms, including Node's cold start. */
  recoveriesMs: number[];
  /** Evidence that the fault hit its target. Read when the game is sealed. */
  proof?: () => Promise<Record<string, number>> | Record<string, number>;
}

/**
 * Kills the scorer repeatedly.
 * @param bootKills share of kills, in percent, before its first commit: while it boots, claims or reads
 */
export async function killScorer(world: World, kills: number, seed: string, bootKills = 40): Promise<Struck> {
  const random = randomStream(seed, 'scorer kills');
  const recoveriesMs: number[] = [];
  let beforeFirstCommit = 0;
  for (let kill = 0; kill < kills; kill++) {
    const before = await world.watch.now();
    const killedAt = performance.now();
    await world.scorer.kill();
    world.scorer.start();
    if (kill < kills - 1 && random.below(100) < bootKills) {
      beforeFirstCommit++;
      await sleep(random.below(1_000));
    } else {
      await world.watch.recovered(before.fencingEpoch);
      recoveriesMs.push(performance.now() - killedAt);
      await sleep(random.below(250));
    }
    world.onKill(kill + 1, kills);
  }
  return { kills, recoveriesMs, proof: () => ({ beforeFirstCommit }) };
}

/**
 * Kills the scorer when a commit is in the database but not in the log yet. The gap is a millisecond wide; the test
 * widens it from outside by stalling the log (LMDB: its write lock; Kafka: the network): the scorer can commit, but not
 * publish.
 */
export async function killBetweenCommitAndPublish(world: World, kills: number): Promise<Struck> {
  const gap = world.gap();
  const recoveriesMs: number[] = [];
  let inTheGap = 0;
  try {
    for (let kill = 0; kill < kills; kill++) {
      const now = await unpublishedCommit(world, gap);
      const killedAt = performance.now();
      await world.scorer.kill();
      if ((await world.updates.publishedSeq()) < now.commitSeq) inTheGap++;
      await gap.release();
      world.scorer.start();
      await world.watch.recovered(now.fencingEpoch);
      recoveriesMs.push(performance.now() - killedAt);
      world.onKill(kill + 1, kills);
    }
  } finally {
    await gap.close();
  }
  return { kills, recoveriesMs, proof: () => ({ inTheGap }) };
}

/** Opens the gap until a commit is in it: there may have been nothing to commit when it opened. */
async function unpublishedCommit(world: World, gap: Gap): Promise<Checkpoint> {
  for (let attempt = 0; ; attempt++) {
    await gap.acquire();
    const published = await world.updates.publishedSeq();
    const found = await world.watch
      .until('a commit that is not published', ({ commitSeq }) => commitSeq > published, 2_000)
      .catch((error: unknown) => {
        if (attempt >= 20) throw error;
        return null;
      });
    if (found !== null) return found;
    await gap.release();
    await sleep(200);
  }
}

/** Kills ingest at random moments; its probers resend what was not acknowledged. */
export async function killIngest(world: World, kills: number, seed: string): Promise<Struck> {
  const random = randomStream(seed, 'ingest kills');
  const recoveriesMs: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const killedAt = performance.now();
    await world.ingest.kill();
    world.ingest.start();
    const before = world.acknowledgedBatches;
    while (world.acknowledgedBatches === before) await sleep(5);
    recoveriesMs.push(performance.now() - killedAt);
    await sleep(random.between(50, 400));
    world.onKill(kill + 1, kills);
  }
  return { kills, recoveriesMs, proof: () => retriesInTheLog(world) };
}

/** Batches that got no answer and were resent, and those of them that were already in the log. */
async function retriesInTheLog(world: World): Promise<Record<string, number>> {
  const times = await world.appendedTimes();
  let retried = 0;
  let wereInTheLog = 0;
  for (const { unanswered, duplicated } of world.probers) {
    for (const key of unanswered) {
      retried++;
      // Batches repeated on purpose are no evidence.
      if (!duplicated.has(key) && times.get(key)! > 1) wereInTheLog++;
    }
  }
  return { retried, wereInTheLog };
}

/** Kills PostgreSQL itself; its guardian restarts it. */
export async function killPostgres(world: World, kills: number, seed: string): Promise<Struck> {
  const random = randomStream(seed, 'postgres kills');
  const recoveriesMs: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const { pid } = world.postgres;
    const { commitSeq } = await world.watch.now();
    const killedAt = performance.now();
    process.kill(pid!, 'SIGKILL');
    while (world.postgres.pid === pid) await sleep(2);
    // One commit may have been in progress and succeeded.
    await world.watch.until('commits after the kill', (now) => now.commitSeq > commitSeq + 1);
    recoveriesMs.push(performance.now() - killedAt);
    await sleep(random.between(200, 1_000));
    world.onKill(kill + 1, kills);
  }
  return { kills, recoveriesMs };
}

/**
 * Lets a second scorer take the partition over, repeatedly, while the first one is stopped (SIGSTOP) in the middle of a
 * commit, as during a long garbage collection: when it continues, it goes on writing.
 */
export async function takeOver(world: World, takeovers: number): Promise<Struck> {
  const recoveriesMs: number[] = [];
  let fenced = 0;
  const rival = world.rival();
  let [owner, other] = [world.scorer, rival];
  try {
    for (let i = 0; i < takeovers; i++) {
      const before = await world.watch.now();
      const refused = owner.fenced;
      const startedAt = performance.now();
      // A healthy scorer keeps its partition. A stopped one loses its lease without noticing.
      await freezeInCommit(world, owner);
      other.start();
      await world.watch.recovered(before.fencingEpoch);
      owner.thaw();
      recoveriesMs.push(performance.now() - startedAt);
      for (const deadline = performance.now() + 10_000; owner.fenced === refused; await sleep(10))
        if (performance.now() > deadline) throw new Error('the scorer that was replaced was not refused');
      fenced += owner.fenced - refused;
      await owner.kill();
      [owner, other] = [other, owner];
      world.onKill(i + 1, takeovers);
    }
  } finally {
    await rival.kill();
  }
  if (owner === rival) world.scorer.start();
  return { kills: takeovers, recoveriesMs, proof: () => ({ fenced }) };
}

/** Stops it inside an open transaction. */
async function freezeInCommit(world: World, scorer: ServiceProcess): Promise<void> {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; await sleep(7)) {
    scorer.freeze();
    // Statements already sent complete.
    await sleep(30);
    if (await world.isCommitOpen()) return;
    scorer.thaw();
  }
  throw new Error('the scorer was never caught in the middle of a commit');
}

/** A pause announced while it lasts, so that pay for its windows must be reversed; then the game resumes. */
export async function pause(world: World, playMs: number): Promise<Struck> {
  await sleep(playMs / 3);
  const fromAt = world.boundary(-1_000);
  await world.publishEvent(world.make.make('dev.payday.game.paused', { fromAt, reason: 'lunch' }));
  await sleep(playMs / 3);
  const until = world.boundary(0);
  const endsAt = world.endsAt + until - fromAt;
  await world.publishEvent(world.make.make('dev.payday.game.resumed', { fromAt: until, endsAt }));
  await sleep(playMs / 3);
  return { kills: 0, recoveriesMs: [], proof: () => repeatsInTheLog(world) };
}

async function repeatsInTheLog(world: World): Promise<Record<string, number>> {
  let repeats = 0;
  for (const times of (await world.appendedTimes()).values()) repeats += times - 1;
  return { repeatsInTheLog: repeats };
}

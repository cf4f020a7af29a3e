import { randomStream } from '#kernel';
import { sleep } from '../../support/wait.js';
import type { ServiceProcess } from './service-process.js';
import type { Struck } from './strikes.js';
import type { World } from './world.js';

/** SIGKILL for the broker, then a restart on the same data. */
export async function killBroker(world: World, kills: number, seed: string): Promise<Struck> {
  const random = randomStream(seed, 'broker kills');
  const { broker } = world.medium.kafka!;
  const recoveriesMs: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    await sleep(random.between(500, 2_000));
    const killedAt = performance.now();
    await broker.kill();
    const { commitSeq } = await world.watch.now();
    await broker.restart();
    // One commit of earlier reads may have been in progress.
    await world.watch.until('commits after the kill', (now) => now.commitSeq > commitSeq + 1, 60_000);
    recoveriesMs.push(performance.now() - killedAt);
    world.onKill(kill + 1, kills);
  }
  return { kills, recoveriesMs };
}

/** The scorer's connections to the broker stay open, but nothing passes for a while. @returns recoveries since the release */
export async function halfOpen(world: World, forMs: number): Promise<Struck> {
  const { proxy } = world.medium.kafka!;
  await sleep(500);
  proxy.holdTraffic();
  await sleep(forMs);
  const { commitSeq } = await world.watch.now();
  const releasedAt = performance.now();
  proxy.release();
  await world.watch.until('commits after the silence', (now) => now.commitSeq > commitSeq + 1, 60_000);
  return { kills: 1, recoveriesMs: [performance.now() - releasedAt], proof: () => ({ silentMs: forMs }) };
}

/**
 * The owner is stopped (SIGSTOP) for longer than its session; another scorer gets its partition; the owner continues and
 * still believes that it owns it. Repeated with the roles swapped.
 */
export async function zombies(world: World, times: number): Promise<Struck> {
  const recoveriesMs: number[] = [];
  const rival = world.rival();
  let [owner, other] = [world.scorer, rival];
  let fenced = 0;
  let letGo = 0;
  try {
    for (let i = 0; i < times; i++) {
      const before = await world.watch.now();
      const refused = owner.fenced;
      const startedAt = performance.now();
      owner.freeze();
      other.start();
      await world.watch.recovered(before.fencingEpoch);
      recoveriesMs.push(performance.now() - startedAt);
      owner.thaw();
      // Either it still writes, which is refused, or it learns first that the group has moved on.
      for (const until = performance.now() + 3_000; owner.fenced === refused && performance.now() < until;)
        await sleep(10);
      if (owner.fenced > refused) fenced++;
      else letGo++;
      await owner.kill();
      [owner, other] = [other, owner];
      world.onKill(i + 1, times);
    }
  } finally {
    await rival.kill();
  }
  if (owner === rival) world.scorer.start();
  return { kills: times, recoveriesMs, proof: () => ({ fenced, letGo }) };
}

/** Scorers join and leave (cleanly, or by a kill) from time to time; there are one to three besides the first. */
export async function comeAndGo(
  world: World,
  changes: number,
  everyMs: number,
  seed: string,
): Promise<Struck> {
  const random = randomStream(seed, 'scorers that come and go');
  const others: ServiceProcess[] = [];
  const recoveriesMs: number[] = [];
  let killed = 0;
  try {
    for (let change = 0; change < changes; change++) {
      const leaves = others.length > 2 || (others.length > 1 && random.below(2) === 0);
      const before = await world.commitSeqs();
      const changedAt = performance.now();
      if (leaves) {
        const isKilled = random.below(2) === 0;
        if (isKilled) killed++;
        await (isKilled ? others.shift()!.kill() : others.shift()!.stop());
      } else {
        others.push(world.rival());
        others.at(-1)!.start();
      }
      await world.committedBeyond(before);
      recoveriesMs.push(performance.now() - changedAt);
      await sleep(Math.max(0, everyMs - (performance.now() - changedAt)));
      world.onKill(change + 1, changes);
    }
  } finally {
    await Promise.all(others.map((other) => other.stop()));
  }
  return { kills: changes, recoveriesMs, proof: () => ({ killed }) };
}

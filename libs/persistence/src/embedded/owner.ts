import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { PaydayError } from '#kernel';
import { isAlive, livingPostmaster, removeStalePidFile, startMark } from './postmaster.js';
import type { ClusterPaths } from './cluster.js';

/**
 * Reserves an existing data folder for this process until `releaseOwnership`.
 * @throws PaydayError `data_dir_in_use` if its owner is still running.
 */
export async function takeOwnership(paths: ClusterPaths): Promise<void> {
  const mine = `${paths.ownerFile}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await writeFile(mine, JSON.stringify({ pid: process.pid, startMark: startMark(process.pid) }));
  try {
    for (;;) {
      const held = await readText(paths.ownerFile);
      const owner = parseOwner(held);
      if (owner !== null && owner.startMark !== null && startMark(owner.pid) === owner.startMark)
        throw new PaydayError(
          'data_dir_in_use',
          `${paths.dataDir} is in use by process ${owner.pid}: stop it, or choose another folder (--data)`,
          { details: { pid: owner.pid } },
        );
      if (held !== null) await removeIfStill(paths.ownerFile, held, `${mine}.old`);
      // A hard link appears together with its content, and only if no other process was faster.
      if (await linked(mine, paths.ownerFile)) return;
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/** Stops a PostgreSQL that a dead owner left running, and removes its pid file. @throws PaydayError `postgres_unstoppable`. */
export async function clearLeftovers(clusterDir: string, log: (line: string) => void): Promise<void> {
  const left = livingPostmaster(clusterDir);
  if (left !== null) {
    log(`stopping a PostgreSQL that an earlier run left behind (pid ${left.pid})`);
    await stopLeftover(left.pid);
  }
  removeStalePidFile(clusterDir);
}

export async function releaseOwnership(paths: ClusterPaths): Promise<void> {
  const owner = parseOwner(await readText(paths.ownerFile));
  if (owner?.pid === process.pid) await rm(paths.ownerFile, { force: true });
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parseOwner(text: string | null): { pid: number; startMark: string | null } | null {
  try {
    return JSON.parse(text ?? 'null') as { pid: number; startMark: string | null } | null;
  } catch {
    return null; // Not written by Payday, so there is no owner.
  }
}

/** Removes a file that contains `text`; restores it if another process replaced it meanwhile. */
async function removeIfStill(file: string, text: string, aside: string): Promise<void> {
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readText(aside)) !== text) await linked(aside, file);
  await rm(aside, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Stops a PostgreSQL that is not a child process: fast shutdown, then immediate shutdown, then SIGKILL. */
async function stopLeftover(pid: number): Promise<void> {
  for (const [signal, withinMs] of [
    ['SIGINT', 5_000],
    ['SIGQUIT', 3_000],
    ['SIGKILL', 2_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const deadline = performance.now() + withinMs;
    while (performance.now() < deadline) {
      if (!isAlive(pid)) return;
      await sleep(20);
    }
  }
  throw new PaydayError(
    'postgres_unstoppable',
    `the PostgreSQL with pid ${pid} cannot be stopped: stop it manually`,
  );
}

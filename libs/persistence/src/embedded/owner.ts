import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { PaydayError } from '#kernel';
import { isAlive, livingPostmaster, removeStalePidFile, startMark } from './postmaster.js';
import type { ClusterPaths } from './cluster.js';

/**
 * Takes the data folder for this process. A folder whose owner still lives is refused; what a dead owner left
 * running is stopped first.
 * @throws PaydayError `data_dir_in_use`, `postgres_unstoppable`.
 */
export async function takeOwnership(paths: ClusterPaths, log: (line: string) => void): Promise<void> {
  const owner = await readOwner(paths.ownerFile);
  if (owner !== null && owner.pid !== process.pid && startMark(owner.pid) === owner.startMark)
    throw new PaydayError(
      'data_dir_in_use',
      `${paths.dataDir} is in use by process ${owner.pid}: stop it, or choose another folder (--data)`,
      { details: { pid: owner.pid } },
    );
  const left = livingPostmaster(paths.cluster);
  if (left !== null) {
    log(`stopping a PostgreSQL that an earlier run left behind (pid ${left.pid})`);
    await stopLeftover(left.pid);
  }
  removeStalePidFile(paths.cluster);
  const mine = JSON.stringify({ pid: process.pid, startMark: startMark(process.pid) });
  await writeFile(`${paths.ownerFile}.new`, mine);
  await rename(`${paths.ownerFile}.new`, paths.ownerFile);
}

export async function releaseOwnership(paths: ClusterPaths): Promise<void> {
  if ((await readOwner(paths.ownerFile))?.pid === process.pid) await rm(paths.ownerFile, { force: true });
}

async function readOwner(file: string): Promise<{ pid: number; startMark: string | null } | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { pid: number; startMark: string | null };
  } catch {
    return null; // None, or torn by a kill: nobody's.
  }
}

/** Stops a PostgreSQL that is not our child: fast, then at once, then by force. */
export async function stopLeftover(pid: number): Promise<void> {
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
    `the PostgreSQL with pid ${pid} can not be stopped: stop it by hand`,
  );
}

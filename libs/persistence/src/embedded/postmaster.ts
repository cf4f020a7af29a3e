import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The content of `postmaster.pid`, checked against the operating system. Imports nothing but Node, because the guardian
 * process loads it and has to stay small.
 */
export interface Postmaster {
  pid: number;
  /** The data folder according to the file. */
  dataDir: string;
  port: number;
}

/** The content of `<clusterDir>/postmaster.pid`; null if it is missing or incomplete. */
export function readPostmaster(clusterDir: string): Postmaster | null {
  let lines: string[];
  try {
    lines = readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return null;
  }
  const pid = Number(lines[0]);
  const dataDir = lines[1];
  if (!Number.isSafeInteger(pid) || pid < 2 || dataDir === undefined || dataDir === '') return null;
  return { pid, dataDir, port: Number(lines[3] ?? 0) };
}

/**
 * The running postmaster of this cluster, or null. A process counts only if it is alive, not a zombie, and works in this
 * folder: process ids are reused, and an unrelated process must never be signalled.
 */
export function livingPostmaster(clusterDir: string): Postmaster | null {
  const found = readPostmaster(clusterDir);
  if (found === null || !isAlive(found.pid)) return null;
  if (realPath(found.dataDir) !== realPath(clusterDir)) return null;
  return servesFolder(found.pid, clusterDir) ? found : null;
}

/** Removes a pid file without a running postmaster of this cluster. */
export function removeStalePidFile(clusterDir: string): void {
  if (livingPostmaster(clusterDir) === null) rmSync(join(clusterDir, 'postmaster.pid'), { force: true });
}

/** True if the process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  try {
    return statFields(pid)[0] !== 'Z';
  } catch {
    return false;
  }
}

/** A value that distinguishes processes that had the same id; null if the process is gone. */
export function startMark(pid: number): string | null {
  if (!isAlive(pid)) return null;
  try {
    if (process.platform === 'linux') {
      // The start time counts from boot, so the boot id must be part of the value.
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      return `${boot}/${statFields(pid)[19]}`;
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

/** A postmaster's working directory is its cluster; where that is not readable, the command line contains it. */
function servesFolder(pid: number, clusterDir: string): boolean {
  try {
    if (process.platform === 'linux') return readlinkSync(`/proc/${pid}/cwd`) === realPath(clusterDir);
    const command = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return command.includes('postgres') && command.includes(clusterDir);
  } catch {
    return false;
  }
}

/** Fields of /proc/<pid>/stat from the third (state) on; the second may contain spaces and parentheses. */
function statFields(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

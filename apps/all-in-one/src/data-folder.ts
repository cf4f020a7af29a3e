import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync, closeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PaydayError, messageOf } from '#kernel';

/** The folder that holds one installation's games. */
export interface DataFolder {
  path: string;
  logDir: string;
  postgresDir: string;
  /** Releases the lock. */
  release(): void;
}

/**
 * Creates the folder if need be and locks it for this process.
 * @throws PaydayError `data_folder_in_use`, `data_folder_unusable`
 */
export function openDataFolder(path: string): DataFolder {
  const lockFile = join(path, 'launcher.pid');
  try {
    makeFolder(path);
    takeLock(lockFile, path);
  } catch (error) {
    if (error instanceof PaydayError) throw error;
    throw new PaydayError('data_folder_unusable', `cannot use the data folder ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return {
    path,
    logDir: join(path, 'log'),
    postgresDir: join(path, 'postgres'),
    release: () => rmSync(lockFile, { force: true }),
  };
}

/** Not `recursive: true`: Node 20 never returns from it in a folder that cannot have subfolders, such as /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function takeLock(lockFile: string, path: string): void {
  const me = `${process.pid} ${startOf(process.pid) ?? ''}`;
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = openSync(lockFile, 'wx');
      writeSync(file, me);
      closeSync(file);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const [pid, ...start] = readFileSync(lockFile, 'utf8').split(' ');
    // A pid may have been reused: the start time identifies the process.
    if (startOf(Number(pid)) === start.join(' ')) {
      throw new PaydayError(
        'data_folder_in_use',
        `the data folder ${path} is in use by process ${pid}; stop that game, or give this one another folder with --data`,
      );
    }
    rmSync(lockFile, { force: true });
  }
  throw new PaydayError('data_folder_in_use', `another launcher is taking the data folder ${path} right now`);
}

/** When a process started, in the system's own format; null if there is no such process. */
function startOf(pid: number): string | null {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (existsSync('/proc/self/stat')) {
    try {
      // Field 22, counted after the command name, which may itself contain spaces and parentheses.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
    } catch {
      return null;
    }
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

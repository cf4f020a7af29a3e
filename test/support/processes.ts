import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';

export interface ProcessInfo {
  pid: number;
  parentPid: number;
  /** Arguments separated by blanks; PostgreSQL's workers show their activity instead. */
  command: string;
}

/**
 * Every living process that has `mark` in its environment, its arguments or its working directory, wherever it is in
 * the tree: children of a killed launcher have another parent by then. Zombies are not alive.
 */
export function processesMarked(mark: string): ProcessInfo[] {
  const all = existsSync('/proc/self/environ') ? fromProc(mark) : fromPs(mark);
  return all.filter(({ pid }) => pid !== process.pid);
}

/** Those of `processes` that descend from `rootPid`. */
export function descendantsOf(rootPid: number, processes: readonly ProcessInfo[]): ProcessInfo[] {
  const children = processes.filter(({ parentPid }) => parentPid === rootPid);
  return children.flatMap((child) => [child, ...descendantsOf(child.pid, processes)]);
}

/** Sends a signal; a process that no longer exists is not an error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function fromProc(mark: string): ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z' || state === 'X') return [];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const isMarked = [
          command,
          readFileSync(`/proc/${pid}/environ`, 'utf8'),
          readlinkSync(`/proc/${pid}/cwd`),
        ].some((text) => text.includes(mark));
        return isMarked ? [{ pid: Number(pid), parentPid: Number(parentPid), command }] : [];
      } catch {
        // It has ended meanwhile, or belongs to another user.
        return [];
      }
    });
}

/** Without /proc, `ps` shows arguments and environment; workers are found by their parent. */
function fromPs(mark: string): ProcessInfo[] {
  const lines = execFileSync('ps', ['axeww', '-o', 'pid=,ppid=,stat=,command='], { encoding: 'utf8' });
  const all = lines.split('\n').flatMap((line) => {
    const [, pid, parentPid, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (command === undefined || state!.startsWith('Z')) return [];
    return [{ pid: Number(pid), parentPid: Number(parentPid), command }];
  });
  const marked = all.filter(({ command }) => command.includes(mark));
  const found = new Map(
    [...marked, ...marked.flatMap(({ pid }) => descendantsOf(pid, all))].map((p) => [p.pid, p]),
  );
  return [...found.values()];
}

// What Linux says of a process: CPU time from /proc, one core from taskset. Elsewhere there is no figure, and no pin.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/**
 * User and system time so far of a process, all its threads, and the processes below it that live.
 * @returns {number} seconds; 0 once the process is gone
 */
export function cpuSeconds(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const own = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    return childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), own);
  } catch {
    return 0;
  }
}

function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean),
  );
}

/** @returns {number[]} the cores that this process may use, e.g. [0, 1] */
export function allowedCores() {
  const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  return list.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/**
 * The command line that runs a command on one core.
 * @param {{core: number, nice?: number}} where `nice` 19: only what nobody else on that core wants
 * @returns {[string, string[]]} for `spawn`
 */
export function onCore({ core, nice = 0 }, command, args) {
  return ['taskset', ['-c', String(core), 'nice', '-n', String(nice), command, ...args]];
}

// What Linux says of a process: CPU time from /proc, one core from taskset. Elsewhere there is no figure, and no pin.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

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
 * Starts a command on one core, in a session of its own.
 * @param {{core: number, before?: boolean}} where `before`: others that want the core get it only when this one doesn't, as far as the
 *   machine allows: what is measured shall not be what else the machine has to do
 */
export function spawnOn({ core, before = false }, command, args, options) {
  const child = spawn('taskset', ['-c', String(core), command, ...args], { ...options, detached: true });
  // Only root gets more than others do; without, those that are not measured get less.
  const nice = process.getuid() === 0 ? (before ? -15 : 0) : before ? 0 : 10;
  if (child.pid !== undefined && nice !== 0) giveWay(child.pid, nice);
  return child;
}

/** Sets the nice value of a process, and that of its session, by which Linux shares between sessions. */
function giveWay(pid, nice) {
  try {
    setPriority(pid, nice);
    writeFileSync(`/proc/${pid}/autogroup`, String(nice));
  } catch {
    // Not every kernel has groups: then the figures are noisier.
  }
}

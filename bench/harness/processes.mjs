// Linux process tools: CPU time from /proc, pinning to a core with taskset. Other systems have neither.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/**
 * User and system time used so far by a process with all its threads and running descendants.
 * @returns {number} seconds; 0 after the process has ended
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
 * Starts a command on one core in a separate session.
 * @param {{core: number, before?: boolean}} where `before`: the command has priority over other processes on the core, as far as the
 *   machine allows, so that other work does not affect the measurement
 */
export function spawnOn({ core, before = false }, command, args, options) {
  const child = spawn('taskset', ['-c', String(core), command, ...args], { ...options, detached: true });
  // Only root can raise a priority; otherwise the processes that are not measured get a lower one.
  const nice = process.getuid() === 0 ? (before ? -15 : 0) : before ? 0 : 10;
  if (child.pid !== undefined && nice !== 0) giveWay(child.pid, nice);
  return child;
}

/** Sets the nice value of a process and of its session, by which Linux divides time between sessions. */
function giveWay(pid, nice) {
  try {
    setPriority(pid, nice);
    writeFileSync(`/proc/${pid}/autogroup`, String(nice));
  } catch {
    // Some kernels have no autogroups; the figures are noisier then.
  }
}

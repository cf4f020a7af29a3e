// CPU time of processes according to the kernel.
import { readFileSync, readdirSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name, which may contain spaces: state, ppid, …; utime and stime are fields 14 and 15.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null;
  }
}

/** CPU-seconds of a process: user and system, all threads. */
export function cpuSeconds(pid) {
  return (stat(pid)?.ticks ?? 0) / TICKS_PER_SECOND;
}

/** CPU-seconds of a process and its running children, one level deep: PostgreSQL's server and its backends. */
export function familyCpuSeconds(pid) {
  let ticks = stat(pid)?.ticks ?? 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const child = stat(name);
    if (child?.parent === pid) ticks += child.ticks;
  }
  return ticks / TICKS_PER_SECOND;
}

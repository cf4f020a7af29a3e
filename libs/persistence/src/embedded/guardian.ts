import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import {
  FAST_STOP_MS,
  IMMEDIATE_STOP_MS,
  type FromGuardian,
  type GuardianPlan,
  type ToGuardian,
} from './guardian-protocol.js';
import { isAlive, livingPostmaster, removeStalePidFile } from './postmaster.js';

/**
 * A separate process that is the parent of PostgreSQL and keeps it running. The IPC channel to the launcher closes when the
 * launcher exits for whatever reason; the guardian then stops PostgreSQL.
 */
const POLL_MS = 100;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** A PostgreSQL that ran this long was healthy, so the retry delay is reset. */
const HEALTHY_AFTER_MS = 10_000;

let plan: GuardianPlan | null = null;
let pid: number | null = null;
let stopping = false;
let retryMs = FIRST_RETRY_MS;

process.on('message', (message: ToGuardian) => {
  if (message.type === 'start' && plan === null) {
    plan = message.plan;
    run(plan);
  } else if (message.type === 'stop') void stop();
});
process.on('disconnect', () => void stop());
process.on('SIGTERM', () => void stop());
// The launcher handles a terminal's Ctrl-C or hang-up and requests the stop when it is ready.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);

function run(current: GuardianPlan): void {
  if (stopping) return;
  const running = livingPostmaster(current.clusterDir);
  if (running !== null) adopt(current, running.pid);
  else launch(current);
}

function launch(current: GuardianPlan): void {
  removeStalePidFile(current.clusterDir);
  const startedAt = performance.now();
  const log = openSync(current.logFile, 'a', 0o600);
  const child = spawn(current.postgres, current.args, {
    cwd: '/',
    env: current.env,
    stdio: ['ignore', log, log],
    ...(current.uid === undefined ? {} : { uid: current.uid, gid: current.gid }),
  });
  closeSync(log);
  child.once('error', () => died(current, startedAt, null, null));
  child.once('exit', (code, signal) => died(current, startedAt, code, signal));
  if (child.pid !== undefined) {
    pid = child.pid;
    sendMessage({ type: 'running', pid, adopted: false });
  }
}

/** Watches a PostgreSQL whose guardian was killed. It is not a child of this process, so polling is the only way. */
function adopt(current: GuardianPlan, found: number): void {
  const since = performance.now();
  pid = found;
  sendMessage({ type: 'running', pid, adopted: true });
  const timer = setInterval(() => {
    if (isAlive(found)) return;
    clearInterval(timer);
    died(current, since, null, null);
  }, POLL_MS);
}

function died(current: GuardianPlan, since: number, code: number | null, signal: string | null): void {
  pid = null;
  if (stopping) return;
  if (performance.now() - since > HEALTHY_AFTER_MS) retryMs = FIRST_RETRY_MS;
  sendMessage({ type: 'died', code, signal, retryInMs: retryMs });
  setTimeout(() => run(current), retryMs);
  retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
}

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  // A fast shutdown rolls back open transactions and writes a checkpoint; after an immediate one, the next start recovers.
  const gone =
    (await signalAndWait('SIGINT', FAST_STOP_MS)) ||
    (await signalAndWait('SIGQUIT', IMMEDIATE_STOP_MS)) ||
    (await signalAndWait('SIGKILL', IMMEDIATE_STOP_MS));
  process.exit(gone ? 0 : 1);
}

async function signalAndWait(signal: NodeJS.Signals, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  const target = pid;
  if (target === null) return true;
  try {
    process.kill(target, signal);
  } catch {
    return true;
  }
  while (performance.now() < deadline) {
    if (pid === null || !isAlive(target)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

function sendMessage(message: FromGuardian): void {
  // Once the launcher is gone, nothing receives messages and the disconnect event is imminent.
  if (process.connected) process.send?.(message, () => undefined);
}

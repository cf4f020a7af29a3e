import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '#kernel';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import type { ADVISORY_LOCKS } from '../advisory-locks.js';
import { FIND_DEAD_PEERS, dedicatedClient } from '../database.js';

export interface LeadershipOptions {
  /** Shown in PostgreSQL's list of connections, e.g. `payday-chaos`. */
  applicationName: string;
  /** Called once if another process is the leader. */
  onStandby?(): void;
  /** Leadership was lost with its connection. Another process may be the leader by now, so stop acting at once. */
  onLost(reason: Error): void;
  /** Aborts the wait; the promise then rejects. */
  signal: AbortSignal;
  /** How often a standby retries. Default 1000. */
  retryMs?: number;
}

/** A connection without a response for this long counts as lost, because a silent network reports no error. */
const HEARTBEAT_MS = 5_000;

/**
 * Waits until this process becomes the leader on the database. Leadership is an advisory lock, which PostgreSQL releases
 * when the connection ends for whatever reason. @returns a function that releases leadership
 */
export async function acquireLeadership(
  dataSource: DataSource,
  lock: (typeof ADVISORY_LOCKS)[keyof typeof ADVISORY_LOCKS],
  options: LeadershipOptions,
): Promise<() => Promise<void>> {
  const { signal, retryMs = 1_000 } = options;
  let said = false;
  for (;;) {
    signal.throwIfAborted();
    const client = dedicatedClient(dataSource, options.applicationName);
    const isMine = await tryLock(client, lock);
    if (isMine) return keep(client, options);
    await client.end().catch(() => undefined);
    if (!said) options.onStandby?.();
    said = true;
    await sleep(retryMs, undefined, { signal });
  }
}

/** Also false if the database is unreachable, because then no process can be the leader. */
async function tryLock(client: pg.Client, lock: number): Promise<boolean> {
  try {
    await client.connect();
    await client.query(FIND_DEAD_PEERS);
    const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [lock]);
    return rows[0]!.mine;
  } catch {
    return false;
  }
}

function keep(client: pg.Client, { onLost }: LeadershipOptions): () => Promise<void> {
  let over = false;
  const lose = (why: string): void => {
    if (over) return;
    over = true;
    clearInterval(timer);
    onLost(new Error(`leadership was lost: ${why}`));
  };
  const timer = setInterval(() => {
    const late = setTimeout(() => lose('PostgreSQL does not answer'), HEARTBEAT_MS);
    client
      .query('SELECT 1')
      .catch((error: unknown) => lose(messageOf(error)))
      .finally(() => clearTimeout(late));
  }, HEARTBEAT_MS);
  timer.unref();
  client.once('end', () => lose('its connection to PostgreSQL ended'));
  return async () => {
    over = true;
    clearInterval(timer);
    await client.end().catch(() => undefined);
  };
}

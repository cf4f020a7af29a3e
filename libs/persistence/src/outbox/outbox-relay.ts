import { PaydayError } from '#kernel';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { ADVISORY_LOCKS } from '../advisory-locks.js';
import { FIND_DEAD_PEERS, dedicatedClient } from '../database.js';
import { OUTBOX_CHANNEL } from './outbox.js';

export interface OutboxRecord {
  key: string;
  value: Uint8Array;
  headers: Record<string, string>;
}

export interface OutboxRelayOptions {
  /** Appends the records in this order; resolves once they are durable in the log. */
  append(topic: string, records: OutboxRecord[]): Promise<unknown>;
  /** Called before every retry. */
  onError?(error: unknown): void;
  /** How often to poll without a notification. Default 1000. */
  pollMs?: number;
  /** Default 500. */
  maxBatch?: number;
}

/**
 * Moves the outbox to the event log, in order and at least once (a record is deleted only after it is durable in the log).
 * Only one of several relays on a database is active; the others wait and take over when its connection ends.
 */
export class OutboxRelay {
  private readonly append: OutboxRelayOptions['append'];
  private readonly onError: (error: unknown) => void;
  private readonly pollMs: number;
  private readonly maxBatch: number;
  private running: Promise<void> | null = null;
  private stopped = false;
  private wake: (() => void) | null = null;
  private nudged = false;

  constructor(
    private readonly dataSource: DataSource,
    options: OutboxRelayOptions,
  ) {
    this.append = options.append;
    this.onError = options.onError ?? (() => undefined);
    this.pollMs = options.pollMs ?? 1_000;
    this.maxBatch = options.maxBatch ?? 500;
  }

  /** Number of events that wait for publication. */
  async pending(): Promise<number> {
    const [row] = await this.dataSource.query<{ count: number }[]>('SELECT count(*) AS count FROM outbox');
    return Number(row!.count);
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Polls at once. Commits on the same database trigger this automatically. */
  nudge(): void {
    this.nudged = true;
    this.wake?.();
  }

  /** Resolves once everything committed before this call is in the log. @throws PaydayError `timeout` (retryable). */
  async drained(withinMs: number): Promise<void> {
    const [row] = await this.dataSource.query<{ id: number }[]>(
      'SELECT coalesce(max(id), 0) AS id FROM outbox',
    );
    const deadline = performance.now() + withinMs;
    for (;;) {
      this.nudge();
      const [left] = await this.dataSource.query<{ n: number }[]>(
        'SELECT count(*) AS n FROM outbox WHERE id <= $1',
        [row!.id],
      );
      if (left!.n === 0) return;
      if (performance.now() > deadline)
        throw new PaydayError('timeout', `${left!.n} events are still in the outbox after ${withinMs} ms`, {
          retryable: true,
        });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Finishes the current batch; the rest stays in the outbox. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const client = dedicatedClient(this.dataSource, 'payday-outbox');
      try {
        await client.connect();
        await client.query(FIND_DEAD_PEERS);
        client.on('notification', () => this.nudge());
        client.once('end', () => this.nudge());
        await this.relayOn(client);
      } catch (error) {
        if (!this.stopped) this.onError(error);
        await this.restAnew();
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  private async relayOn(client: pg.Client): Promise<void> {
    while (!this.stopped && !(await this.isMine(client))) await this.restAnew();
    await client.query(`LISTEN ${OUTBOX_CHANNEL}`);
    while (!this.stopped) if ((await this.relayBatch(client)) === 0) await this.rest();
  }

  private async isMine(client: pg.Client): Promise<boolean> {
    const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [
      ADVISORY_LOCKS.outboxRelay,
    ]);
    return rows[0]!.mine;
  }

  /** @returns the number of records moved */
  private async relayBatch(client: pg.Client): Promise<number> {
    this.nudged = false;
    const { rows } = await client.query<OutboxRecord & { id: number; topic: string }>(
      `SELECT id, topic, key, value, headers FROM outbox ORDER BY id LIMIT ${this.maxBatch}`,
    );
    for (let from = 0; from < rows.length;) {
      const { topic } = rows[from]!;
      let to = from;
      while (rows[to]?.topic === topic) to++;
      const run = rows.slice(from, to);
      await this.append(
        topic,
        run.map(({ key, value, headers }) => ({ key, value, headers })),
      );
      await client.query('DELETE FROM outbox WHERE id = ANY ($1::int8[])', [run.map((row) => row.id)]);
      from = to;
    }
    return rows.length;
  }

  /** Like `rest`, but ignores earlier nudges, which would cause a busy loop while nothing can be moved. */
  private restAnew(): Promise<void> {
    this.nudged = false;
    return this.rest();
  }

  /** Waits for a nudge or the next poll. */
  private rest(): Promise<void> {
    if (this.nudged || this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake?.(), this.pollMs);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
    });
  }
}

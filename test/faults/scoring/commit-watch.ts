import pg from 'pg';
import { sleep } from '../../support/wait.js';

export interface Checkpoint {
  fencingEpoch: number;
  commitSeq: number;
  positions: Record<string, string>;
}

const POLL_MS = 4;

/** Watches the scorer's checkpoint through a connection of its own; it survives restarts of the database. */
export class CommitWatch {
  private client: pg.Client | null = null;

  constructor(
    private readonly databaseUrl: string,
    private readonly partition = 0,
  ) {}

  /** Null before the first claim, or while the database is down. */
  async readCheckpoint(): Promise<Checkpoint | null> {
    try {
      const client = await this.connected();
      const { rows } = await client.query<{ epoch: string; seq: string; positions: Record<string, string> }>(
        'SELECT fencing_epoch AS epoch, commit_seq AS seq, positions FROM scorer_checkpoint WHERE partition = $1',
        [this.partition],
      );
      const [row] = rows;
      if (row === undefined) return null;
      return {
        fencingEpoch: Number(row.epoch),
        commitSeq: Number(row.seq),
        positions: row.positions,
      };
    } catch {
      await this.close();
      return null;
    }
  }

  /** The checkpoint, as soon as there is one. */
  now(): Promise<Checkpoint> {
    return this.until('a checkpoint', () => true);
  }

  /** The first checkpoint for which `holds`. @throws Error after `withinMs` */
  async until(what: string, holds: (now: Checkpoint) => boolean, withinMs = 90_000): Promise<Checkpoint> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const now = await this.readCheckpoint();
      if (now !== null && holds(now)) return now;
      if (performance.now() > deadline)
        throw new Error(`not within ${withinMs} ms: ${what}; the checkpoint is ${JSON.stringify(now)}`);
      await sleep(POLL_MS);
    }
  }

  /**
   * Resolves at the first commit of a scorer that claimed the partition after epoch `deadEpoch`. A commit that the dead one had
   * sent before may still arrive: it does not count, so the measured time is at most one commit too long, never too short.
   */
  async recovered(deadEpoch: number): Promise<Checkpoint> {
    const claimed = await this.until('a new claim', (now) => now.fencingEpoch > deadEpoch);
    return this.until('a commit after the claim', (now) => now.commitSeq > claimed.commitSeq);
  }

  async close(): Promise<void> {
    const client = this.client;
    this.client = null;
    await client?.end().catch(() => undefined);
  }

  private async connected(): Promise<pg.Client> {
    if (this.client !== null) return this.client;
    const client = new pg.Client({ connectionString: this.databaseUrl, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    return (this.client = client);
  }
}

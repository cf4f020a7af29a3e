import type { DataSource } from 'typeorm';
import { DedicatedConnection } from '../dedicated-connection.js';
import * as sql from './lease-sql.js';

export interface GroupMemberName {
  topic: string;
  group: string;
  member: string;
}

/** A call without a response after this time fails, and its connection counts as lost. */
const TIMEOUT_MS = 2_000;

/**
 * The event log's `LeaseStore` in PostgreSQL: members of consumer groups and their leases on partitions, for logs without a
 * group protocol of their own. Only PostgreSQL's clock decides when a lease expires. One database serves one log.
 * The store has a connection of its own; calls reject with PaydayError `database_unavailable` (retryable) when it is lost.
 */
export class PostgresLeaseStore {
  private readonly connection: DedicatedConnection;
  private readonly watchers = new Map<string, Set<() => void>>();

  constructor(dataSource: DataSource) {
    this.connection = new DedicatedConnection(dataSource, 'payday-leases', {
      timeoutMs: TIMEOUT_MS,
      onConnected: (client) => {
        client.on('notification', ({ payload }) => this.notifyWatchers(payload ?? ''));
        return client.query(`LISTEN ${sql.LEASE_CHANNEL}`);
      },
    });
  }

  async renew(
    { topic, group, member }: GroupMemberName,
    { partitions, forMs, leaving }: { partitions: readonly number[]; forMs: number; leaving: boolean },
  ): Promise<{
    members: string[];
    leases: { partition: number; owner: string; endsInMs: number }[];
  }> {
    return this.connection.run(async (query) => {
      const isChange = leaving
        ? (await query<{ member: string }>(sql.LEAVE, [topic, group, member])).length > 0
        : (await query<{ joined: boolean }>(sql.STAY, [topic, group, member, forMs]))[0]!.joined;
      if (partitions.length > 0) await query(sql.RENEW, [topic, group, member, partitions, forMs]);
      if (isChange) await query(sql.NOTIFY, [nameOf(topic, group)]);
      const members = await query<{ member: string }>(sql.MEMBERS, [topic, group]);
      const leases = await query<{ partition: number; owner: string; endsInMs: number }>(sql.LEASES, [
        topic,
        group,
      ]);
      return { members: members.map((row) => row.member), leases };
    });
  }

  async acquire(
    { topic, group, member }: GroupMemberName,
    { partitions, forMs }: { partitions: readonly number[]; forMs: number },
  ): Promise<number[]> {
    const rows = await this.connection.run((query) =>
      query<{ partition: number }>(sql.ACQUIRE, [topic, group, member, partitions, forMs]),
    );
    return rows.map(({ partition }) => partition);
  }

  async release({ topic, group, member }: GroupMemberName, partitions: readonly number[]): Promise<void> {
    await this.connection.run(async (query) => {
      const released = await query(sql.RELEASE, [topic, group, member, partitions]);
      if (released.length > 0) await query(sql.NOTIFY, [nameOf(topic, group)]);
    });
  }

  watch(topic: string, group: string, onChange: () => void): () => void {
    const name = nameOf(topic, group);
    const watchers = this.watchers.get(name) ?? new Set();
    this.watchers.set(name, watchers.add(onChange));
    return () => {
      watchers.delete(onChange);
      if (watchers.size === 0 && this.watchers.get(name) === watchers) this.watchers.delete(name);
    };
  }

  /** Finishes the current call and closes the connection. Close the log first, because its members release their leases. */
  async close(): Promise<void> {
    await this.connection.close();
  }

  private notifyWatchers(name: string): void {
    for (const onChange of this.watchers.get(name) ?? []) onChange();
  }
}

/** Topic names contain no slash, so the pair is unambiguous. */
function nameOf(topic: string, group: string): string {
  return `${topic}/${group}`;
}

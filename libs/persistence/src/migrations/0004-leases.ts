import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Members of consumer groups and the partitions that they hold, for logs with no group protocol of their own. Every row
 * ends by itself at `until_at`, which is this server's time.
 */
export class Leases1700000400000 implements MigrationInterface {
  readonly name = 'Leases1700000400000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE group_member, partition_lease');
  }
}

/** Rewritten every second, small for ever: room on the page, and vacuumed often. */
const BUSY = `WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500)`;

const STATEMENTS = [
  `CREATE TABLE group_member (
     topic text NOT NULL,
     group_id text NOT NULL,
     member text NOT NULL,
     joined_at timestamptz NOT NULL,
     until_at timestamptz NOT NULL,
     PRIMARY KEY (topic, group_id, member)
   ) ${BUSY}`,
  `CREATE TABLE partition_lease (
     topic text NOT NULL,
     group_id text NOT NULL,
     partition int4 NOT NULL,
     owner text NOT NULL,
     until_at timestamptz NOT NULL,
     PRIMARY KEY (topic, group_id, partition)
   ) ${BUSY}`,
];

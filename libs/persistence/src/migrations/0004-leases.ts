import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Members of consumer groups and their partition leases, for logs without a group protocol of their own. Every row expires
 * at `until_at` by the clock of this server.
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

/** These small tables are rewritten every second, so they get free space on each page and frequent vacuuming. */
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

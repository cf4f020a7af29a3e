import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Facilitators' commands, held timelines, and the reason for a skipped entry. */
export class ChaosCommands1700000110000 implements MigrationInterface {
  readonly name = 'ChaosCommands1700000110000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of CHANGES) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE chaos_command, timeline_held');
    await runner.query('ALTER TABLE timeline_done DROP COLUMN detail');
  }
}

const CHANGES = [
  `CREATE TABLE chaos_command (
     command_id text PRIMARY KEY,
     seq int8 NOT NULL UNIQUE,
     action text NOT NULL,
     hash text NOT NULL,
     result jsonb,
     at int8 NOT NULL
   )`,
  `CREATE TABLE timeline_held (game_id text PRIMARY KEY, since_at int8 NOT NULL)`,
  `ALTER TABLE timeline_done ADD COLUMN detail text NOT NULL DEFAULT ''`,
];

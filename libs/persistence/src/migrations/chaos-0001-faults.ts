import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Faults and finished timeline entries of the chaos orchestrator. Times are epoch milliseconds. */
export class Chaos1700000100000 implements MigrationInterface {
  readonly name = 'Chaos1700000100000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE timeline_done, fault');
  }
}

const TABLES = [
  // `fault` contains the whole life-cycle state; the other columns are for queries.
  `CREATE TABLE fault (
     game_id text NOT NULL,
     id text NOT NULL,
     team_id text NOT NULL,
     state text NOT NULL CHECK (state IN ('armed', 'firing', 'active', 'reverting', 'reverted', 'stuck')),
     fault jsonb NOT NULL,
     updated_at int8 NOT NULL,
     PRIMARY KEY (game_id, id)
   )`,
  `CREATE INDEX fault_unfinished ON fault (game_id) WHERE state <> 'reverted'`,
  `CREATE TABLE timeline_done (
     game_id text NOT NULL,
     entry_id text NOT NULL,
     outcome text NOT NULL CHECK (outcome IN ('fired', 'announced', 'skipped')),
     at int8 NOT NULL,
     PRIMARY KEY (game_id, entry_id)
   )`,
];

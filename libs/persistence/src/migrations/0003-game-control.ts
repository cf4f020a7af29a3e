import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Freeze and reveal of games, expiring tokens, and the standings that the public sees during a freeze. */
export class GameControl1700000300000 implements MigrationInterface {
  readonly name = 'GameControl1700000300000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE frozen_standings');
    await runner.query('ALTER TABLE api_token DROP COLUMN expires_at');
    await runner.query(
      'ALTER TABLE game DROP COLUMN frozen_at, DROP COLUMN revealed_at, DROP COLUMN was_frozen',
    );
  }
}

const STATEMENTS = [
  `ALTER TABLE game
     ADD COLUMN frozen_at int8,
     ADD COLUMN revealed_at int8,
     ADD COLUMN was_frozen boolean NOT NULL DEFAULT false`,
  `ALTER TABLE api_token ADD COLUMN expires_at int8`,
  // The first broadcaster to settle a freeze writes its row; the others read it.
  `CREATE TABLE frozen_standings (
     game_id text NOT NULL,
     frozen_at int8 NOT NULL,
     scores jsonb NOT NULL,
     settled_at int8 NOT NULL,
     PRIMARY KEY (game_id, frozen_at)
   )`,
];

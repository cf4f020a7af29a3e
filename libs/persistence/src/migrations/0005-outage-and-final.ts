import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Marks pauses that compensate for an outage, and the final scores of games that were sealed before the mark existed. */
export class OutageAndFinal1700000500000 implements MigrationInterface {
  readonly name = 'OutageAndFinal1700000500000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE game_pause DROP COLUMN outage');
  }
}

const STATEMENTS = [
  `ALTER TABLE game_pause ADD COLUMN outage boolean NOT NULL DEFAULT false`,
  `UPDATE team_score s SET score = s.score || '{"final": true}'
   FROM game g WHERE g.id = s.game_id AND g.state = 'sealed'`,
];

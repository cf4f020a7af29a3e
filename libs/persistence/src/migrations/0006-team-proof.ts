import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The token with which a team's services prove their owner. Teams of older games have none. */
export class TeamProof1700000510000 implements MigrationInterface {
  readonly name = 'TeamProof1700000510000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE team ADD COLUMN proof text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE team DROP COLUMN proof');
  }
}

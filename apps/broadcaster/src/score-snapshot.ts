import type { DataSource } from 'typeorm';
import type { TeamScore } from '#contracts';

/** The committed scores, for a broadcaster that starts during a game. */
export interface ScoreSnapshot {
  /** The latest committed score of every scored team of a game. */
  load(gameId: string): Promise<TeamScore[]>;
}

/** Reads `team_score`, which the scorer writes in the transaction of each commit. */
export class DatabaseScoreSnapshot implements ScoreSnapshot {
  constructor(private readonly dataSource: DataSource) {}

  async load(gameId: string): Promise<TeamScore[]> {
    const rows = await this.dataSource.query<{ score: TeamScore }[]>(
      'SELECT score FROM team_score WHERE game_id = $1 ORDER BY team_id',
      [gameId],
    );
    return rows.map(({ score }) => score);
  }
}

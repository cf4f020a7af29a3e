import type { TeamScore } from '#contracts';
import type { DataSource } from 'typeorm';
import { LOAD_SCORES } from './scorer-sql.js';

/** The latest committed score of every scored team of a game, in order of team. */
export async function committedScores(dataSource: DataSource, gameId: string): Promise<TeamScore[]> {
  const rows = await dataSource.query<{ score: TeamScore }[]>(LOAD_SCORES.text, [gameId]);
  return rows.map(({ score }) => score);
}

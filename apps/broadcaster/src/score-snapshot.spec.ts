import { ScorerStore, openDatabase } from '#persistence';
import { startTestPostgres, type TestPostgres } from '#testing';
import { DatabaseScoreSnapshot } from './score-snapshot.js';
import { SampleGame } from './testing/sample-game.js';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
}, 60_000);
afterAll(() => postgres?.stop());

test('loads the latest committed scores of one game only', async () => {
  const dataSource = await openDatabase(postgres.databaseUrl, { migrate: true });
  const store = new ScorerStore(dataSource);
  try {
    const [game, other] = [new SampleGame('g1'), new SampleGame('g2')];
    const { fencingEpoch } = await store.claim(0);
    const commit = async (commitSeq: number, ...teamIds: string[]) => {
      const scores = teamIds.map((id) => game.score(id, commitSeq, commitSeq * 10));
      scores.push(other.score('a', commitSeq, 7));
      const nothing = { positions: {}, state: Buffer.alloc(0), ledger: [], deleted: [], windows: [] };
      await store.commit({ partition: 0, fencingEpoch, commitSeq, scores, ...nothing });
    };
    await commit(1, 'a', 'b');
    await commit(2, 'b');
    const snapshot = new DatabaseScoreSnapshot(dataSource);
    expect(await snapshot.load('g1')).toEqual([game.score('a', 1, 10), game.score('b', 2, 20)]);
    expect(await snapshot.load('g3')).toEqual([]);
  } finally {
    await store.close();
    await dataSource.destroy();
  }
});

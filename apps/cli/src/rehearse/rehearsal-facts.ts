import { TOPICS, decodeCloudEvent, type GameEvent } from '#contracts';
import { PaydayError } from '#kernel';
import { skippedEntries, withLedgerSnapshot } from '#persistence';
import { audit } from '../audit.js';
import { readUpTo } from '../read-up-to.js';
import type { Source } from '../source.js';
import { findGame } from '../source.js';
import { windowKey, type RehearsalFacts } from './rehearsal-report.js';

/** Reads what a rehearsal checks from the newest game of a recording. */
export async function rehearsalFacts(source: Source): Promise<RehearsalFacts> {
  const game = await findGame(source, undefined);
  const teams = await source.games.teams(game.id);
  const events: GameEvent[] = [];
  const limits = (await source.log.endPositions(TOPICS.gameEvents)).map((end) => end ?? null);
  await readUpTo(source.log, TOPICS.gameEvents, limits, (records) => {
    for (const record of records) {
      if (record.key !== game.id) continue;
      try {
        events.push(decodeCloudEvent(record) as GameEvent);
      } catch (error) {
        if (!(error instanceof PaydayError)) throw error;
      }
    }
  });
  const windows = await withLedgerSnapshot(source.dataSource, game.id, async (snapshot) => {
    const scored = new Set<string>();
    const lost = new Set<string>();
    for await (const { teamId, serviceId, windowIndex, reason } of snapshot.ledger(
      teams.map(({ id }) => id),
    )) {
      const key = windowKey(teamId, serviceId, windowIndex);
      if (reason === 'served' || reason === 'failed') scored.add(key);
      if (reason === 'unscored') lost.add(key);
    }
    return { scored, lost };
  });
  return {
    scenario: game.scenario,
    teams,
    events,
    ...windows,
    skipped: await skippedEntries(source.dataSource, game.id),
    audit: await audit(source, game.id),
  };
}

import { TOPICS, type FaultInfo } from '#contracts';
import type { Fault } from '#faults';
import type { Clock } from '#kernel';
import { insertIntoOutbox } from '#persistence';
import type { DataSource, EntityManager } from 'typeorm';
import { SOURCE, type ChaosStore, type DoneEntry, type NewEvent, type Recovered } from './store.js';

/** The store in PostgreSQL; its tables come with the migration `Chaos1700000100000`. Events go through the outbox. */
export class PostgresChaosStore implements ChaosStore {
  /** @param topic of the game events, where its name is not the default. */
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly topic: string = TOPICS.gameEvents,
  ) {}

  async recover(recentLimit: number): Promise<Recovered> {
    const { manager } = this.dataSource;
    const unfinished = await manager.query<{ fault: Fault }[]>(
      `SELECT fault FROM fault WHERE state <> 'reverted' ORDER BY game_id, id`,
    );
    const doneEntries = await manager.query<Recovered['doneEntries']>(
      'SELECT game_id AS "gameId", entry_id AS "entryId" FROM timeline_done',
    );
    const strikes = await manager.query<Recovered['strikes']>(
      `SELECT game_id AS "gameId", team_id AS "teamId", count(*)::int4 AS count FROM fault GROUP BY 1, 2`,
    );
    const recent = await manager.query<{ info: FaultInfo }[]>(
      `SELECT fault->'info' AS info FROM fault WHERE state = 'reverted'
       ORDER BY updated_at DESC, game_id, id LIMIT $1`,
      [recentLimit],
    );
    return {
      unfinished: unfinished.map(({ fault }) => fault),
      doneEntries,
      strikes,
      recent: recent.map(({ info }) => info),
    };
  }

  takeEntry(entry: DoneEntry, faults: readonly Fault[], events: readonly NewEvent[]): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const { gameId, entryId, outcome, at } = entry;
      const taken = await manager.query<unknown[]>(
        `INSERT INTO timeline_done (game_id, entry_id, outcome, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING RETURNING entry_id`,
        [gameId, entryId, outcome, at],
      );
      if (taken.length === 0) return false;
      await this.write(manager, faults, events);
      return true;
    });
  }

  async save(faults: readonly Fault[], events: readonly NewEvent[]): Promise<void> {
    await this.dataSource.transaction((manager) => this.write(manager, faults, events));
  }

  private async write(
    manager: EntityManager,
    faults: readonly Fault[],
    events: readonly NewEvent[],
  ): Promise<void> {
    if (faults.length > 0)
      await manager.query(
        `INSERT INTO fault (game_id, id, team_id, state, fault, updated_at)
         SELECT f->>'gameId', f->'info'->>'id', f->'info'->>'teamId', f->'info'->>'state', f, $2
         FROM jsonb_array_elements($1::jsonb) AS f
         ON CONFLICT (game_id, id)
         DO UPDATE SET state = excluded.state, fault = excluded.fault, updated_at = excluded.updated_at`,
        [JSON.stringify(faults), this.clock.nowMs()],
      );
    await insertIntoOutbox(
      manager,
      this.topic,
      events.map(({ gameId, ...event }) => ({ ...event, source: SOURCE, subject: gameId })),
    );
  }
}

import { TOPICS, type FaultInfo } from '#contracts';
import type { Fault } from '#faults';
import type { Clock } from '#kernel';
import { appendAudit, insertIntoOutbox } from '#persistence';
import type { DataSource, EntityManager } from 'typeorm';
import {
  SOURCE,
  entryTaken,
  type AuditNote,
  type ChaosStore,
  type CommandChanges,
  type DoneEntry,
  type NewEvent,
  type Recovered,
  type StoredCommand,
} from './store.js';

/** The store in PostgreSQL; its tables come with `CHAOS_MIGRATIONS`. Events go through the outbox. */
export class PostgresChaosStore implements ChaosStore {
  /** @param topic name of the game-events topic */
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly topic: string = TOPICS.gameEvents,
  ) {}

  async recover(limit: { faults: number; commands: number }): Promise<Recovered> {
    const { manager } = this.dataSource;
    const unfinished = await manager.query<{ fault: Fault }[]>(
      `SELECT fault FROM fault WHERE state <> 'reverted' ORDER BY game_id, id`,
    );
    const doneEntries = await manager.query<DoneEntry[]>(
      'SELECT game_id AS "gameId", entry_id AS "entryId", outcome, detail, at FROM timeline_done',
    );
    const recent = await manager.query<{ gameId: string; info: FaultInfo }[]>(
      `SELECT game_id AS "gameId", fault->'info' AS info FROM fault WHERE state = 'reverted'
       ORDER BY updated_at DESC, game_id, id LIMIT $1`,
      [limit.faults],
    );
    const held = await manager.query<{ gameId: string }[]>('SELECT game_id AS "gameId" FROM timeline_held');
    const commands = await manager.query<StoredCommand[]>(
      `SELECT ${COMMAND_COLUMNS} FROM chaos_command ORDER BY seq DESC LIMIT $1`,
      [limit.commands],
    );
    return {
      unfinished: unfinished.map(({ fault }) => fault),
      doneEntries,
      recent,
      heldGames: held.map(({ gameId }) => gameId),
      lastSeq: commands[0]?.seq ?? 0,
      commands,
    };
  }

  takeEntry(
    entry: DoneEntry,
    faults: readonly Fault[],
    events: readonly NewEvent[],
    audit: AuditNote,
  ): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      if (!(await takeEntry(manager, entry))) return false;
      await this.write(manager, faults, events);
      await appendAudit(manager, audit);
      return true;
    });
  }

  takeCommand(command: StoredCommand, changes: CommandChanges): Promise<StoredCommand | null> {
    const { faults = [], events = [], holds = [], entry, audit } = changes;
    return this.dataSource.transaction(async (manager) => {
      const { commandId, seq, action, hash, result } = command;
      const taken = await manager.query<unknown[]>(
        `INSERT INTO chaos_command (command_id, seq, action, hash, result, at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING RETURNING seq`,
        [commandId, seq, action, hash, result === null ? null : jsonb(result), audit.at],
      );
      if (taken.length === 0) {
        // A command sent twice at once also has the same number, so either constraint may report the conflict.
        const before = await findCommand(manager, commandId);
        if (before === null) throw new Error(`the number ${seq} is taken`);
        return before;
      }
      for (const { gameId, held } of holds)
        await manager.query(
          held
            ? 'INSERT INTO timeline_held (game_id, since_at) VALUES ($1, $2) ON CONFLICT DO NOTHING'
            : 'DELETE FROM timeline_held WHERE game_id = $1 AND $2::int8 IS NOT NULL',
          [gameId, audit.at],
        );
      if (entry !== undefined && !(await takeEntry(manager, entry))) throw entryTaken(entry);
      await this.write(manager, faults, events);
      await appendAudit(manager, audit);
      return null;
    });
  }

  async finishCommand(commandId: string, result: object, audit: AuditNote | null): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query('UPDATE chaos_command SET result = $2 WHERE command_id = $1', [
        commandId,
        jsonb(result),
      ]);
      if (audit !== null) await appendAudit(manager, audit);
    });
  }

  findCommand(commandId: string): Promise<StoredCommand | null> {
    return findCommand(this.dataSource.manager, commandId);
  }

  async unfinishedOf(gameId: string, injectionId: string): Promise<Fault[]> {
    const rows = await this.dataSource.query<{ fault: Fault }[]>(
      `SELECT fault FROM fault WHERE state <> 'reverted' AND game_id = $1
         AND fault->'info'->>'injectionId' = $2 ORDER BY id`,
      [gameId, injectionId],
    );
    return rows.map(({ fault }) => fault);
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
        [jsonb(faults), this.clock.nowMs()],
      );
    await insertIntoOutbox(
      manager,
      this.topic,
      events.map(({ gameId, ...event }) => ({ ...event, source: SOURCE, subject: gameId })),
    );
  }
}

/**
 * Converts to JSON that `jsonb` accepts: without NUL characters and unpaired surrogates. Remote systems may return such text
 * for a fault, and one fault that cannot be stored would block everything in its batch and after it.
 */
function jsonb(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'string' ? member.replace(/[\0\p{Cs}]/gu, '\uFFFD') : member,
  );
}

const COMMAND_COLUMNS = 'command_id AS "commandId", seq, action, hash, result';

async function findCommand(manager: EntityManager, commandId: string): Promise<StoredCommand | null> {
  const [row] = await manager.query<StoredCommand[]>(
    `SELECT ${COMMAND_COLUMNS} FROM chaos_command WHERE command_id = $1`,
    [commandId],
  );
  return row ?? null;
}

/** Returns false if it was taken before. */
async function takeEntry(manager: EntityManager, entry: DoneEntry): Promise<boolean> {
  const { gameId, entryId, outcome, detail, at } = entry;
  const taken = await manager.query<unknown[]>(
    `INSERT INTO timeline_done (game_id, entry_id, outcome, detail, at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING RETURNING entry_id`,
    [gameId, entryId, outcome, detail, at],
  );
  return taken.length > 0;
}

import { TOPICS, type FaultInfo } from '#contracts';
import { PaydayError, type Clock } from '#kernel';
import { Not, type DataSource, type EntityManager } from 'typeorm';
import type { NewAuditEntry } from '../audit/audit-entry.js';
import { appendAudit } from '../audit/audit-log.js';
import { insertIntoOutbox } from '../outbox/outbox.js';
import {
  ChaosCommandEntity,
  FaultEntity,
  TimelineEntryEntity,
  TimelineHoldEntity,
  jsonbText,
  type StoredFault,
} from './entities.js';

export type DoneEntry = TimelineEntryEntity;
export type StoredCommand = Omit<ChaosCommandEntity, 'at'>;

/** The `source` of every event that the store publishes. */
export const CHAOS_SOURCE = '/chaos-orchestrator';

/** An event to publish; the store adds its id and sequence number. */
export interface NewChaosEvent {
  gameId: string;
  type: string;
  /** Epoch ms. */
  time: number;
  data: unknown;
}

/** Everything that a command changes; stored atomically with the command and its audit entry. */
export interface ChaosChanges<Fault, Event> {
  faults?: readonly Fault[];
  events?: readonly Event[];
  /** Timelines to hold or to release. */
  holds?: readonly { gameId: string; held: boolean }[];
  entry?: DoneEntry;
  audit: Required<NewAuditEntry>;
}

/** The stored state after a restart. */
export interface RecoveredChaos<Fault> {
  /** Every fault that is not reverted. */
  unfinished: Fault[];
  doneEntries: DoneEntry[];
  /** The latest reverted faults, newest first. */
  recent: { gameId: string; info: FaultInfo }[];
  /** Games whose timeline is held. */
  heldGames: string[];
  /** The highest `seq` of any command; 0 before the first. */
  lastSeq: number;
  /** The latest commands, newest first. */
  commands: StoredCommand[];
}

/** The chaos orchestrator's store in PostgreSQL; its port `ChaosStore` documents the methods. Events go through the outbox. */
export class PostgresChaosStore<Fault extends StoredFault, Event extends NewChaosEvent = NewChaosEvent> {
  /** @param topic name of the game-events topic, if it is not the default */
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly topic: string = TOPICS.gameEvents,
  ) {}

  async recover(limit: { faults: number; commands: number }): Promise<RecoveredChaos<Fault>> {
    const { manager } = this.dataSource;
    const unfinished = await manager.find(FaultEntity, {
      where: { state: Not('reverted') },
      order: { gameId: 'ASC', id: 'ASC' },
    });
    const doneEntries = await manager.find(TimelineEntryEntity);
    const recent = await manager.find(FaultEntity, {
      where: { state: 'reverted' },
      order: { updatedAt: 'DESC', gameId: 'ASC', id: 'ASC' },
      take: limit.faults,
    });
    const held = await manager.find(TimelineHoldEntity);
    const commands = await manager.find(ChaosCommandEntity, { order: { seq: 'DESC' }, take: limit.commands });
    return {
      unfinished: unfinished.map(faultOf<Fault>),
      doneEntries,
      recent: recent.map(({ gameId, fault: { info } }) => ({ gameId, info })),
      heldGames: held.map(({ gameId }) => gameId),
      lastSeq: commands[0]?.seq ?? 0,
      commands,
    };
  }

  takeEntry(
    entry: DoneEntry,
    faults: readonly Fault[],
    events: readonly Event[],
    audit: NewAuditEntry,
  ): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      if (!(await insertIfNew(manager, TimelineEntryEntity, entry))) return false;
      await this.write(manager, faults, events);
      await appendAudit(manager, audit);
      return true;
    });
  }

  takeCommand(command: StoredCommand, changes: ChaosChanges<Fault, Event>): Promise<StoredCommand | null> {
    const { faults = [], events = [], holds = [], entry, audit } = changes;
    return this.dataSource.transaction(async (manager) => {
      const { commandId, seq } = command;
      if (!(await insertIfNew(manager, ChaosCommandEntity, { ...command, at: audit.at }))) {
        // A command sent twice at the same time also has the same number, and either constraint may report the conflict.
        const before = await findCommand(manager, commandId);
        if (before === null) throw new Error(`the number ${seq} is taken`);
        return before;
      }
      for (const { gameId, held } of holds)
        if (held) await insertIfNew(manager, TimelineHoldEntity, { gameId, sinceAt: audit.at });
        else await manager.delete(TimelineHoldEntity, { gameId });
      if (entry !== undefined && !(await insertIfNew(manager, TimelineEntryEntity, entry)))
        throw entryTaken(entry);
      await this.write(manager, faults, events);
      await appendAudit(manager, audit);
      return null;
    });
  }

  async finishCommand(commandId: string, result: object, audit: NewAuditEntry | null): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.update(ChaosCommandEntity, { commandId }, { result });
      if (audit !== null) await appendAudit(manager, audit);
    });
  }

  findCommand(commandId: string): Promise<StoredCommand | null> {
    return findCommand(this.dataSource.manager, commandId);
  }

  async unfinishedOf(gameId: string, injectionId: string): Promise<Fault[]> {
    const rows = await this.dataSource.manager.find(FaultEntity, {
      where: { gameId, state: Not('reverted') },
      order: { id: 'ASC' },
    });
    return rows.map(faultOf<Fault>).filter(({ info }) => info.injectionId === injectionId);
  }

  async save(faults: readonly Fault[], events: readonly Event[]): Promise<void> {
    await this.dataSource.transaction((manager) => this.write(manager, faults, events));
  }

  private async write(
    manager: EntityManager,
    faults: readonly Fault[],
    events: readonly Event[],
  ): Promise<void> {
    if (faults.length > 0)
      await manager.query(
        `INSERT INTO fault (game_id, id, team_id, state, fault, updated_at)
         SELECT f->>'gameId', f->'info'->>'id', f->'info'->>'teamId', f->'info'->>'state', f, $2
         FROM jsonb_array_elements($1::jsonb) AS f
         ON CONFLICT (game_id, id)
         DO UPDATE SET state = excluded.state, fault = excluded.fault, updated_at = excluded.updated_at`,
        [jsonbText(faults), this.clock.nowMs()],
      );
    await insertIntoOutbox(
      manager,
      this.topic,
      events.map(({ gameId, type, time, data }) => ({
        type,
        time,
        data,
        source: CHAOS_SOURCE,
        subject: gameId,
      })),
    );
  }
}

export function entryTaken({ entryId }: DoneEntry): PaydayError {
  return new PaydayError('wrong_state', `The entry ${entryId} is already done.`);
}

/** The timeline entries of a game that were skipped, with the reasons. */
export async function skippedEntries(dataSource: DataSource, gameId: string): Promise<Map<string, string>> {
  const entries = await dataSource.manager.findBy(TimelineEntryEntity, { gameId, outcome: 'skipped' });
  return new Map(entries.map(({ entryId, detail }) => [entryId, detail]));
}

/** False if a row with one of its unique keys exists already. */
async function insertIfNew<E extends object>(
  manager: EntityManager,
  entity: new () => E,
  row: E,
): Promise<boolean> {
  const [key] = manager.connection.getMetadata(entity).primaryColumns;
  const { raw } = await manager
    .createQueryBuilder()
    .insert()
    .into(entity)
    .values(row)
    .orIgnore()
    .returning(key!.databaseName)
    .updateEntity(false)
    .execute();
  return (raw as unknown[]).length > 0;
}

function findCommand(manager: EntityManager, commandId: string): Promise<StoredCommand | null> {
  return manager.findOneBy(ChaosCommandEntity, { commandId });
}

function faultOf<Fault extends StoredFault>({ fault }: FaultEntity): Fault {
  return fault as Fault;
}

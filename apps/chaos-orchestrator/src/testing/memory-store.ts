import type { GameEvent } from '#contracts';
import type { Fault } from '#faults';
import { canonicalJson } from '#persistence';
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
} from '../store/store.js';

/** A store for tests that play whole games: it survives the orchestrator, but not the process. */
export class MemoryChaosStore implements ChaosStore {
  readonly events: GameEvent[] = [];
  readonly audit: AuditNote[] = [];
  private readonly done = new Map<string, DoneEntry>();
  private readonly faults = new Map<string, Fault>();
  private readonly held = new Set<string>();
  private readonly commands = new Map<string, StoredCommand>();

  async recover(limit: { faults: number; commands: number }): Promise<Recovered> {
    const all = [...this.faults.values()];
    const commands = [...this.commands.values()].sort((a, b) => b.seq - a.seq).slice(0, limit.commands);
    return {
      unfinished: all
        .filter(({ info }) => info.state !== 'reverted')
        .sort((a, b) => (a.gameId + a.info.id < b.gameId + b.info.id ? -1 : 1)),
      doneEntries: [...this.done.values()],
      recent: all
        .filter(({ info }) => info.state === 'reverted')
        .map(({ gameId, info }) => ({ gameId, info }))
        .reverse()
        .slice(0, limit.faults),
      heldGames: [...this.held],
      lastSeq: commands[0]?.seq ?? 0,
      commands: structuredClone(commands),
    };
  }

  async takeEntry(
    entry: DoneEntry,
    faults: readonly Fault[],
    events: readonly NewEvent[],
    audit: AuditNote,
  ): Promise<boolean> {
    if (this.done.has(keyOf(entry))) return false;
    check(faults);
    canonicalJson(audit);
    this.done.set(keyOf(entry), entry);
    await this.save(faults, events);
    this.audit.push(audit);
    return true;
  }

  async takeCommand(command: StoredCommand, changes: CommandChanges): Promise<StoredCommand | null> {
    const before = this.commands.get(command.commandId);
    if (before !== undefined) return structuredClone(before);
    const { faults = [], events = [], holds = [], entry, audit } = changes;
    check(faults);
    if ([...this.commands.values()].some(({ seq }) => seq === command.seq))
      throw new Error(`the number ${command.seq} is taken`);
    if (entry !== undefined && this.done.has(keyOf(entry))) throw entryTaken(entry);
    if (entry !== undefined) this.done.set(keyOf(entry), entry);
    this.commands.set(command.commandId, structuredClone(command));
    for (const { gameId, held } of holds) this.held[held ? 'add' : 'delete'](gameId);
    await this.save(faults, events);
    this.audit.push(audit);
    return null;
  }

  async finishCommand(commandId: string, result: object, audit: AuditNote | null): Promise<void> {
    const command = this.commands.get(commandId);
    if (command !== undefined) command.result = structuredClone(result);
    if (audit !== null) this.audit.push(audit);
  }

  async findCommand(commandId: string): Promise<StoredCommand | null> {
    return structuredClone(this.commands.get(commandId) ?? null);
  }

  async unfinishedOf(gameId: string, injectionId: string): Promise<Fault[]> {
    return [...this.faults.values()]
      .filter((fault) => fault.gameId === gameId && fault.info.injectionId === injectionId)
      .filter(({ info }) => info.state !== 'reverted')
      .sort((a, b) => (a.info.id < b.info.id ? -1 : 1));
  }

  async save(faults: readonly Fault[], events: readonly NewEvent[]): Promise<void> {
    check(faults);
    for (const fault of faults) {
      const key = `${fault.gameId} ${fault.info.id}`;
      this.faults.delete(key);
      this.faults.set(key, structuredClone(fault));
    }
    for (const { gameId, ...event } of events) {
      const sequence = this.events.filter(({ subject }) => subject === gameId).length + 1;
      const id = `${gameId}-${sequence}`;
      this.events.push({ ...event, id, source: SOURCE, subject: gameId, sequence } as GameEvent);
    }
  }
}

const keyOf = ({ gameId, entryId }: DoneEntry): string => `${gameId} ${entryId}`;

const STATES = ['armed', 'firing', 'active', 'reverting', 'reverted', 'stuck'];

/** Like the table's constraint. */
function check(faults: readonly Fault[]): void {
  for (const { info } of faults)
    if (!STATES.includes(info.state)) throw new Error(`no fault state: ${info.state}`);
}

import type { GameEventData } from '#contracts';
import type { Fault } from '#faults';
import type { ChaosChanges, DoneEntry, NewAuditEntry, RecoveredChaos, StoredCommand } from '#persistence';

export type { DoneEntry, StoredCommand } from '#persistence';
export { CHAOS_SOURCE as SOURCE, entryTaken } from '#persistence';

type Written = 'dev.payday.fault.changed' | 'dev.payday.announcement.made' | 'dev.payday.windows.excused';

/** An event to publish; the store gives it its id and sequence. */
export type NewEvent = {
  [T in Written]: { gameId: string; type: T; time: number; data: GameEventData[T] };
}[Written];

export type AuditNote = Required<NewAuditEntry>;
export type EntryOutcome = DoneEntry['outcome'];
export type CommandChanges = ChaosChanges<Fault, NewEvent>;
export type Recovered = RecoveredChaos<Fault>;

/**
 * The orchestrator's memory. What every implementation promises (each line is a named test of the conformance suite):
 * - durable: what a call did is there after a restart once the call has resolved;
 * - atomic: a call does all or nothing, its audit entry included;
 * - at most once: of all calls that take one entry, or one command id, exactly one succeeds, and only that one stores its
 *   faults and events;
 * - published: events go to the game-events topic if, and only if, their call was stored, numbered 1, 2, 3, … per game in
 *   the order of commits, across restarts.
 */
export interface ChaosStore {
  /** @param limit how many reverted faults, and how many commands are wanted */
  recover(limit: { faults: number; commands: number }): Promise<Recovered>;
  /** Takes a timeline entry, with the faults that it begins. False: it was taken before, and nothing was stored. */
  takeEntry(
    entry: DoneEntry,
    faults: readonly Fault[],
    events: readonly NewEvent[],
    audit: AuditNote,
  ): Promise<boolean>;
  /**
   * Takes a command with what it changes. Null: taken. Otherwise a command with this id was taken before, and nothing
   * was stored. @throws PaydayError `wrong_state` if its entry was taken before; then nothing was stored, either
   */
  takeCommand(command: StoredCommand, changes: CommandChanges): Promise<StoredCommand | null>;
  /** Adds the answer to a command that was taken without one, and what came of it to the audit log. */
  finishCommand(commandId: string, result: object, audit: AuditNote | null): Promise<void>;
  findCommand(commandId: string): Promise<StoredCommand | null>;
  /** The faults of one injection that are not reverted. */
  unfinishedOf(gameId: string, injectionId: string): Promise<Fault[]>;
  /** Stores the latest state of faults, and events to publish. */
  save(faults: readonly Fault[], events: readonly NewEvent[]): Promise<void>;
}

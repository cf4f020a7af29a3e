import type { GameEventData } from '#contracts';
import type { Fault } from '#faults';
import type { ChaosChanges, DoneEntry, NewAuditEntry, RecoveredChaos, StoredCommand } from '#persistence';

export type { DoneEntry, StoredCommand } from '#persistence';
export { CHAOS_SOURCE as SOURCE, entryTaken } from '#persistence';

/** Injection token of `ChaosStore`. */
export const CHAOS_STORE = Symbol('ChaosStore');

type Written = 'dev.payday.fault.changed' | 'dev.payday.announcement.made' | 'dev.payday.windows.excused';

/** An event to publish; the store assigns its id and sequence. */
export type NewEvent = {
  [T in Written]: { gameId: string; type: T; time: number; data: GameEventData[T] };
}[Written];

export type AuditNote = Required<NewAuditEntry>;
export type EntryOutcome = DoneEntry['outcome'];
export type CommandChanges = ChaosChanges<Fault, NewEvent>;
export type Recovered = RecoveredChaos<Fault>;

/**
 * Persistence of the orchestrator. Every implementation guarantees (each line is a named test of the conformance suite):
 * - durable: once a call has resolved, its effects survive a restart;
 * - atomic: a call takes effect completely, including its audit entry, or not at all;
 * - at most once: of all calls that take one entry, or one command id, exactly one succeeds, and only that one stores its
 *   faults and events;
 * - published: events reach the game-events topic if and only if their call was stored, numbered 1, 2, 3, … per game in
 *   the order of commits, across restarts.
 */
export interface ChaosStore {
  /** @param limit maximum number of reverted faults and of commands to return */
  recover(limit: { faults: number; commands: number }): Promise<Recovered>;
  /** Takes a timeline entry with the faults that it starts. False: it was taken before, and nothing was stored. */
  takeEntry(
    entry: DoneEntry,
    faults: readonly Fault[],
    events: readonly NewEvent[],
    audit: AuditNote,
  ): Promise<boolean>;
  /**
   * Takes a command with its changes. Null: taken. Otherwise returns the command that had this id before, and stores
   * nothing. @throws PaydayError `wrong_state`, without storing anything, if its entry was taken before
   */
  takeCommand(command: StoredCommand, changes: CommandChanges): Promise<StoredCommand | null>;
  /** Adds the answer to a command that was taken without one, and its outcome to the audit log. */
  finishCommand(commandId: string, result: object, audit: AuditNote | null): Promise<void>;
  findCommand(commandId: string): Promise<StoredCommand | null>;
  /** Returns the faults of one injection that are not reverted. */
  unfinishedOf(gameId: string, injectionId: string): Promise<Fault[]>;
  /** Stores the latest state of faults, and events to publish. */
  save(faults: readonly Fault[], events: readonly NewEvent[]): Promise<void>;
}

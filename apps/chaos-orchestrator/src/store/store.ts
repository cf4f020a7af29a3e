import type { FaultInfo, GameEventData } from '#contracts';
import type { Fault } from '#faults';
import { PaydayError } from '#kernel';
import type { AuditActor } from '#persistence';

/** Injection token of `ChaosStore`. */
export const CHAOS_STORE = Symbol('ChaosStore');

/** The `source` of every event of this service. */
export const SOURCE = '/chaos-orchestrator';

type Written = 'dev.payday.fault.changed' | 'dev.payday.announcement.made' | 'dev.payday.windows.excused';

/** An event to publish; the store assigns its id and sequence. */
export type NewEvent = {
  [T in Written]: { gameId: string; type: T; time: number; data: GameEventData[T] };
}[Written];

/** An entry for the audit log: who did what to what, and the outcome. */
export interface AuditNote {
  /** Epoch ms. */
  at: number;
  actor: AuditActor;
  /** `<thing>.<past participle>` */
  action: string;
  /** By kind of thing: `{game: …, fault: …}`. */
  subject: Record<string, string>;
  details: Record<string, unknown>;
}

export type EntryOutcome = 'fired' | 'announced' | 'skipped';

/** One timeline entry of one game that is done. */
export interface DoneEntry {
  gameId: string;
  entryId: string;
  outcome: EntryOutcome;
  /** Why it was skipped or trimmed; may be empty. */
  detail: string;
  /** Epoch ms. */
  at: number;
}

/** A command that was carried out. */
export interface StoredCommand {
  commandId: string;
  /** Its position in the total order of commands, from 1; numbers may be missing. */
  seq: number;
  action: string;
  /** Fingerprint of its content, which detects a different command with the same id. */
  hash: string;
  /** The answer to its sender; null: unknown when the process died. */
  result: object | null;
}

/** The changes of a command; stored atomically together with the command and its audit entry. */
export interface CommandChanges {
  faults?: readonly Fault[];
  events?: readonly NewEvent[];
  /** Timelines to hold or to release. */
  holds?: readonly { gameId: string; held: boolean }[];
  entry?: DoneEntry;
  audit: AuditNote;
}

/** The state after a restart. */
export interface Recovered {
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

export function entryTaken({ entryId }: DoneEntry): PaydayError {
  return new PaydayError('wrong_state', `The entry ${entryId} was done in the meantime.`);
}

import type { FaultInfo, GameEventData } from '#contracts';
import type { Fault } from '#faults';
import { PaydayError } from '#kernel';
import type { AuditActor } from '#persistence';

/** The `source` of every event of this service. */
export const SOURCE = '/chaos-orchestrator';

type Written = 'dev.payday.fault.changed' | 'dev.payday.announcement.made' | 'dev.payday.windows.excused';

/** An event to publish; the store gives it its id and sequence. */
export type NewEvent = {
  [T in Written]: { gameId: string; type: T; time: number; data: GameEventData[T] };
}[Written];

/** What goes to the audit log: who did what to what, and why it came out so. */
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

/** One timeline entry of one game that is over and done with. */
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
  /** Its place in the one order of all commands, from 1; some numbers may be missing. */
  seq: number;
  action: string;
  /** Of its content: another command with the same id is not the same command. */
  hash: string;
  /** What its sender was answered; null: that was not known yet when the process died. */
  result: object | null;
}

/** What a command changes; all of it, the command and its audit entry are stored together or not at all. */
export interface CommandChanges {
  faults?: readonly Fault[];
  events?: readonly NewEvent[];
  /** Timelines that are held from now on, or no longer. */
  holds?: readonly { gameId: string; held: boolean }[];
  entry?: DoneEntry;
  audit: AuditNote;
}

/** What is known after a restart. */
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

export function entryTaken({ entryId }: DoneEntry): PaydayError {
  return new PaydayError('wrong_state', `The entry ${entryId} was done meanwhile.`);
}

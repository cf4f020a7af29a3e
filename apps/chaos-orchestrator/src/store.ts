import type { FaultInfo, GameEventData } from '#contracts';
import type { Fault } from '#faults';

/** The `source` of every event of this service. */
export const SOURCE = '/chaos-orchestrator';

type Written = 'dev.payday.fault.changed' | 'dev.payday.announcement.made';

/** An event to publish; the store gives it its id and sequence. */
export type NewEvent = {
  [T in Written]: { gameId: string; type: T; time: number; data: GameEventData[T] };
}[Written];

export type EntryOutcome = 'fired' | 'announced' | 'skipped';

/** One timeline entry of one game that is over and done with. */
export interface DoneEntry {
  gameId: string;
  entryId: string;
  outcome: EntryOutcome;
  /** Epoch ms. */
  at: number;
}

/** What is known after a restart. */
export interface Recovered {
  /** Every fault that is not reverted. */
  unfinished: Fault[];
  doneEntries: Pick<DoneEntry, 'gameId' | 'entryId'>[];
  /** How many faults each team of a game ever had. */
  strikes: { gameId: string; teamId: string; count: number }[];
  /** The latest reverted faults, newest first. */
  recent: FaultInfo[];
}

/**
 * The orchestrator's memory. What every implementation promises (each line is a named test of the conformance suite):
 * - durable: what a call did is there after a restart once the call has resolved;
 * - atomic: a call does all or nothing;
 * - at most once: of all calls that take one entry, exactly one gives true, and only that one stores its faults and events;
 * - published: events go to the game-events topic if, and only if, their call was stored, numbered 1, 2, 3, … per game in
 *   the order of commits, across restarts.
 */
export interface ChaosStore {
  recover(recentLimit: number): Promise<Recovered>;
  /** Takes a timeline entry, with the faults that it begins. False: it was taken before, and nothing was stored. */
  takeEntry(entry: DoneEntry, faults: readonly Fault[], events: readonly NewEvent[]): Promise<boolean>;
  /** Stores the latest state of faults, and events to publish. */
  save(faults: readonly Fault[], events: readonly NewEvent[]): Promise<void>;
}

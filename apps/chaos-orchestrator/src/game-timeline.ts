import type { TimelineEntry } from '#contracts';
import { arm, type DriverRegistry, type Fault, type FaultTarget } from '#faults';
import { messageOf, type Clock } from '#kernel';
import type { Logger } from '#runtime';
import { resolveTargets, type FaultEntry } from '#scenario';
import { dueEntries, nextLookAt, type DueEntry, type GameView } from './game-view.js';
import type { ChaosStore, EntryOutcome, NewEvent } from './store.js';
import type { Timers } from './timers.js';

/** An announcement that is later than this is no news any more. Game time. */
const STALE_ANNOUNCEMENT_MS = 60_000;
/** After a failure to store: the next try. */
const RETRY_MS = 1_000;

export interface TimelineParts {
  clock: Clock;
  timers: Timers;
  logger: Logger;
  store: Pick<ChaosStore, 'takeEntry'>;
  drivers: DriverRegistry;
  targetOf(gameId: string, teamId: string): FaultTarget | null;
  /** Takes over faults that were stored just now, armed. */
  strike(faults: readonly Fault[]): void;
  /** Told of each entry that is done. */
  onEntry(entry: TimelineEntry, outcome: EntryOutcome): void;
}

/** Runs the timeline of one game: each entry at its game time, at most once, whatever happens to this process. */
export class GameTimeline {
  private cancelTimer = (): void => undefined;
  private running = false;
  private closed = false;
  /** Number of faults per team so far: who is struck next depends on it. */
  private readonly strikes: Map<string, number>;
  private readonly done: Set<string>;

  constructor(
    public view: GameView,
    known: { done: Iterable<string>; strikes: ReadonlyMap<string, number> },
    private readonly parts: TimelineParts,
  ) {
    this.done = new Set(known.done);
    this.strikes = new Map(known.strikes);
  }

  /** Does what is due, and sets the timer for what comes next. Call it whenever the view changed. */
  async advance(): Promise<void> {
    if (this.running || this.closed) return;
    this.running = true;
    let retry = false;
    try {
      for (let due = this.due(); due.length > 0 && !this.closed; due = this.due())
        for (const each of due) await this.run(each);
    } catch (error) {
      retry = true;
      const { gameId } = this.view;
      this.parts.logger.error({ err: error, gameId }, `the timeline waits: ${messageOf(error)}`);
    } finally {
      this.running = false;
    }
    this.setTimer(retry);
  }

  close(): void {
    this.closed = true;
    this.cancelTimer();
  }

  private due(): DueEntry[] {
    return dueEntries(this.view, this.done, this.parts.clock.nowMs());
  }

  private setTimer(retry: boolean): void {
    this.cancelTimer();
    if (this.closed) return;
    const nowMs = this.parts.clock.nowMs();
    const at = retry ? nowMs + RETRY_MS : nextLookAt(this.view, this.done, nowMs);
    if (at !== null) this.cancelTimer = this.parts.timers.after(at - nowMs, () => void this.advance());
  }

  private async run(due: DueEntry): Promise<void> {
    const { entry, lateMs } = due;
    const { clock, logger, store } = this.parts;
    const { gameId } = this.view;
    const log = { gameId, entryId: entry.id, lateMs };
    const nowMs = clock.nowMs();
    const allowedMs = entry.type === 'fault' ? entry.ttlMs : STALE_ANNOUNCEMENT_MS;

    let outcome: EntryOutcome = 'skipped';
    let faults: Fault[] = [];
    const events: NewEvent[] = [];
    if (lateMs > allowedMs) logger.warn(log, `timeline entry ${entry.id} skipped: it is ${lateMs} ms late`);
    else if (entry.type === 'announcement') {
      outcome = 'announced';
      const data = { announcementId: entry.id, text: entry.text };
      events.push({ gameId, type: 'dev.payday.announcement.made', time: nowMs, data });
    } else {
      faults = this.armAll(entry, due.dueAt);
      if (faults.length > 0) outcome = 'fired';
    }

    // Written before anything is broken: after a crash the faults are there, and the entry is not taken again.
    const taken = await store.takeEntry({ gameId, entryId: entry.id, outcome, at: nowMs }, faults, events);
    this.done.add(entry.id);
    if (!taken) {
      logger.warn(log, `timeline entry ${entry.id} was already done`);
      return;
    }
    this.parts.onEntry(entry, outcome);
    logger.info({ ...log, outcome, teams: faults.length }, `timeline entry ${entry.id} ${outcome}`);
    for (const { info } of faults) this.strikes.set(info.teamId, (this.strikes.get(info.teamId) ?? 0) + 1);
    this.parts.strike(faults);
  }

  /** The entry's faults, armed; none if it can't be run, which the log explains. */
  private armAll(entry: FaultEntry, dueAt: number): Fault[] {
    const { drivers, logger, targetOf } = this.parts;
    const { gameId, seed, teamIds } = this.view;
    try {
      const driver = drivers.driverFor(entry.kind);
      driver.checkParams(entry.kind, entry.params);
      const inReach = teamIds.filter((teamId) => {
        const target = targetOf(gameId, teamId);
        return target !== null && driver.reaches(target);
      });
      if (inReach.length < teamIds.length)
        logger.warn(
          { gameId, entryId: entry.id, teams: teamIds.filter((id) => !inReach.includes(id)) },
          `the ${driver.name} driver can't reach every team; those are spared`,
        );
      return resolveTargets(entry, inReach, seed, this.strikes).map((teamId) =>
        arm({
          gameId,
          injectionId: entry.id,
          teamId,
          serviceId: entry.serviceId,
          kind: entry.kind,
          params: entry.params,
          label: entry.label,
          ttlMs: entry.ttlMs,
          dueAt,
        }),
      );
    } catch (error) {
      logger.error(
        { err: error, gameId, entryId: entry.id },
        `timeline entry ${entry.id} can't be run: ${messageOf(error)}`,
      );
      return [];
    }
  }
}

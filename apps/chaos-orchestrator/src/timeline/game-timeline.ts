import type { Fault } from '#faults';
import { messageOf, type Clock, type Timers } from '#kernel';
import type { Logger } from '#runtime';
import type { TimelineView } from '../commands/types.js';
import type { FaultSupervisor } from '../faults/fault-supervisor.js';
import { seconds } from '../faults/limits.js';
import type { ChangeFeed } from '../games/change-feed.js';
import {
  dueNow,
  limitsOf,
  missedEntries,
  nextLookAt,
  type DueNow,
  type GameView,
} from '../games/game-view.js';
import type { ServiceStatuses } from '../games/service-statuses.js';
import type { AuditNote, ChaosStore, DoneEntry, EntryOutcome, NewEvent } from '../store/store.js';
import type { ChaosMetrics } from '../telemetry.js';
import type { EntryPlanner } from './entry-planner.js';
import { announcementOf, auditOf } from './entry-records.js';
import { describeTimeline, whyMissed, type TimelineProgress, type Wait } from './timeline-view.js';

/** A later announcement is no longer news. Game time. */
const STALE_ANNOUNCEMENT_MS = 60_000;
/** Delay after a failure to store. */
const RETRY_MS = 1_000;
/** Minimum delay of an entry that a limit blocks. */
const MIN_WAIT_MS = 100;

/** The services that timelines share. */
export interface TimelineParts {
  clock: Clock;
  timers: Timers;
  logger: Logger;
  store: ChaosStore;
  supervisor: FaultSupervisor;
  planner: EntryPlanner;
  statuses: ServiceStatuses;
  metrics: ChaosMetrics;
  feed: ChangeFeed;
}

/** Runs the timeline of one game: each entry at its game time and at most once, across crashes of this process. */
export class GameTimeline {
  private cancelTimer = (): void => undefined;
  private running = false;
  private again = false;
  private closed = false;
  /** Epoch ms of the latest check for due entries. */
  private lookedAtMs = 0;
  private readonly done: Map<string, DoneEntry>;
  private readonly waits = new Map<string, Wait>();
  /** Entries whose storing failed with an unknown outcome. */
  private readonly doubtful = new Set<string>();
  /** Nothing begins while this is true. */
  private isHeld: boolean;

  constructor(
    public view: GameView,
    known: { done: readonly DoneEntry[]; held: boolean },
    private readonly parts: TimelineParts,
  ) {
    this.done = new Map(known.done.map((entry) => [entry.entryId, entry]));
    this.isHeld = known.held;
  }

  setHeld(held: boolean): void {
    if (this.isHeld === held) return;
    this.isHeld = held;
    this.publishChange();
    void this.advance();
  }

  /** The outcome of an entry; undefined: none yet. */
  doneEntry(entryId: string): DoneEntry | undefined {
    return this.done.get(entryId);
  }

  /** Records an entry that a facilitator took out of the timeline. */
  recordEntry(entry: DoneEntry): void {
    this.done.set(entry.entryId, entry);
    this.publishChange();
    void this.advance();
  }

  /** Runs what is due and sets the timer for the next entry. Call it after every change. */
  async advance(): Promise<void> {
    if (this.closed) return;
    this.again = true;
    if (this.running) return;
    this.running = true;
    let retry = false;
    try {
      while (this.again && !this.closed) {
        this.again = false;
        for (let due = this.due(); due.length > 0 && !this.closed; due = this.due())
          for (const each of due) if (this.mayRun(each.entry.id)) await this.run(each);
        for (const entry of missedEntries(this.view, this.doneIds, this.lookedAtMs))
          if (!this.closed)
            await this.finish({ entry, lateMs: 0 }, 'skipped', whyMissed(entry, this.progress), [], []);
      }
    } catch (error) {
      retry = true;
      this.parts.logger.error(
        { err: error, gameId: this.view.gameId },
        `the timeline waits: ${messageOf(error)}`,
      );
    } finally {
      this.running = false;
    }
    this.setTimer(retry);
  }

  /** A fault is over: entries that wait for a limit may continue. */
  faultEnded(): void {
    if (this.waits.size === 0) return;
    for (const [id, wait] of this.waits) this.waits.set(id, { ...wait, untilAt: 0 });
    void this.advance();
  }

  describe(): TimelineView {
    return describeTimeline(this.view, this.progress, this.parts.clock.nowMs());
  }

  close(): void {
    this.closed = true;
    this.cancelTimer();
  }

  private get progress(): TimelineProgress {
    return { done: this.done, waits: this.waits, held: this.isHeld };
  }

  private get doneIds(): ReadonlySet<string> {
    return new Set(this.done.keys());
  }

  /** While others are being stored, an entry may be done by hand, the timeline held, or the game paused or over. */
  private mayRun(entryId: string): boolean {
    const state = this.view.schedule.stateAt(this.parts.clock.nowMs());
    return !this.isHeld && !this.done.has(entryId) && state === 'running';
  }

  private due(): DueNow[] {
    const nowMs = this.parts.clock.nowMs();
    this.lookedAtMs = nowMs;
    if (this.isHeld) return [];
    const upPercent = this.parts.statuses.upPercent(this.view);
    return dueNow(this.view, this.doneIds, nowMs, upPercent).filter(
      ({ entry }) => (this.waits.get(entry.id)?.untilAt ?? 0) <= nowMs,
    );
  }

  private setTimer(retry: boolean): void {
    this.cancelTimer();
    if (this.closed) return;
    const nowMs = this.parts.clock.nowMs();
    const times = [
      retry ? nowMs + RETRY_MS : nextLookAt(this.view, this.doneIds, this.lookedAtMs),
      ...(this.isHeld ? [] : [...this.waits.values()].map(({ untilAt }) => untilAt)),
      // Compared with the latest check, not with now, so that an entry that became due in between runs immediately. Expired waits
      // that the check ignored (the game is over) would otherwise spin.
    ].filter((at): at is number => at !== null && at > this.lookedAtMs);
    if (times.length === 0) return;
    const afterMs = Math.max(0, Math.min(...times) - nowMs);
    this.cancelTimer = this.parts.timers.after(afterMs, () => void this.advance());
  }

  private async run(due: DueNow): Promise<void> {
    const { entry, lateMs } = due;
    const nowMs = this.parts.clock.nowMs();
    const { maxDurationMs } = limitsOf(this.view);
    const allowedMs = entry.type === 'fault' ? Math.min(entry.ttlMs, maxDurationMs) : STALE_ANNOUNCEMENT_MS;
    const late = this.waits.get(entry.id)?.detail ?? `it was due ${seconds(lateMs)} ago`;
    if (lateMs > allowedMs) return this.finish(due, 'skipped', late, [], []);

    if (entry.type === 'announcement')
      return this.finish(due, 'announced', '', [], [announcementOf(this.view.gameId, entry, nowMs)]);

    const { planner } = this.parts;
    const plan = planner.plan(this.view, entry, this.doneIds);
    const detail = plan.reasons.join('; ');
    if (plan.teamIds.length === 0) {
      if (plan.retryAt === null) return this.finish(due, 'skipped', detail, [], []);
      return this.wait(due, Math.min(plan.retryAt, nowMs + allowedMs - lateMs + 1), detail);
    }
    // A fault that waited for a limit is not late: it is due now.
    const dueAt = this.waits.has(entry.id) ? nowMs : due.dueAt;
    return this.finish(due, 'fired', detail, planner.arm(this.view, entry, plan, { dueAt, nowMs }), []);
  }

  /** Tries again later. */
  private wait({ entry }: DueNow, retryAt: number, detail: string): void {
    const nowMs = this.parts.clock.nowMs();
    const untilAt = Math.max(retryAt, nowMs + MIN_WAIT_MS);
    const before = this.waits.get(entry.id);
    this.waits.set(entry.id, { untilAt, detail });
    if (before?.detail === detail) return;
    const subject = { gameId: this.view.gameId, entryId: entry.id };
    this.parts.logger.warn(subject, `timeline entry ${entry.id} waits: ${detail}`);
    this.publishChange();
  }

  private async finish(
    { entry, lateMs }: Pick<DueNow, 'entry' | 'lateMs'>,
    outcome: EntryOutcome,
    detail: string,
    faults: readonly Fault[],
    events: readonly NewEvent[],
  ): Promise<void> {
    const { clock, supervisor, logger, metrics } = this.parts;
    const { gameId } = this.view;
    const done = { gameId, entryId: entry.id, outcome, detail, at: clock.nowMs() };
    const audit = auditOf(done, faults, lateMs);
    // Stored before anything breaks: after a crash the faults are there, and the entry is not taken again.
    const taken = await supervisor.strike(faults, () => this.storeEntry(done, faults, events, audit));
    const log = { gameId, entryId: entry.id, lateMs, teams: faults.length, outcome };
    if (!taken) return logger.warn(log, `timeline entry ${entry.id} was already done`);
    const level = outcome === 'skipped' || detail !== '' ? 'warn' : 'info';
    logger[level](log, `timeline entry ${entry.id} ${outcome}${detail === '' ? '' : `: ${detail}`}`);
    metrics.countEntry(entry.type, outcome);
    this.publishChange();
  }

  private async storeEntry(
    done: DoneEntry,
    faults: readonly Fault[],
    events: readonly NewEvent[],
    audit: AuditNote,
  ): Promise<boolean> {
    const { store, supervisor } = this.parts;
    const { entryId } = done;
    const isTaken = await store.takeEntry(done, faults, events, audit).catch((error: unknown) => {
      this.doubtful.add(entryId);
      throw error;
    });
    if (isTaken || !this.done.has(entryId)) this.done.set(entryId, done);
    this.waits.delete(entryId);
    // An attempt of ours that seemed to fail was stored after all: its faults exist but have no runner.
    if (!isTaken && this.doubtful.has(entryId)) await supervisor.adopt(done.gameId, entryId);
    this.doubtful.delete(entryId);
    return isTaken;
  }

  private publishChange(): void {
    const { gameId } = this.view;
    this.parts.feed.publish(() => ({ type: 'timeline', gameId, timeline: this.describe() }));
  }
}

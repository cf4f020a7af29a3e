import type { ServiceView, TimelineEntry } from '#contracts';
import {
  NO_MONEY,
  arm,
  expectedMoney,
  tally,
  type DriverRegistry,
  type ExpectedMoney,
  type Fault,
  type FaultDriver,
  type FaultTarget,
} from '#faults';
import { messageOf, type Clock, type Timers } from '#kernel';
import type { Logger } from '#runtime';
import { teamsUpPercent, type FaultEntry } from '#scenario';
import type { Actor, TimelineView } from './commands/types.js';
import type { FaultSupervisor } from './fault-supervisor.js';
import { comingStrikes } from './coming-strikes.js';
import {
  dueNow,
  hasDeployed,
  limitsOf,
  missedEntries,
  nextLookAt,
  standingsOf,
  type DueNow,
  type GameView,
} from './game-view.js';
import { seconds } from './limits.js';
import { planEntry, type EntryPlan } from './plan-entry.js';
import type { AuditNote, ChaosStore, DoneEntry, EntryOutcome, NewEvent } from './store.js';

/** An announcement that is later than this is no news any more. Game time. */
const STALE_ANNOUNCEMENT_MS = 60_000;
/** After a failure to store: the next try. */
const RETRY_MS = 1_000;
/** Where a limit stands in the way: not sooner than this again. */
const MIN_WAIT_MS = 100;

/** In the audit log, what a timeline does by itself. */
const TIMELINE: Actor = { tokenId: null, role: 'system', label: 'timeline' };

export interface TimelineParts {
  clock: Clock;
  timers: Timers;
  logger: Logger;
  store: Pick<ChaosStore, 'takeEntry'>;
  drivers: DriverRegistry;
  supervisor: FaultSupervisor;
  targetOf(gameId: string, teamId: string): FaultTarget | null;
  /** Undefined: nothing is known of the team. */
  servicesOf(gameId: string, teamId: string): readonly ServiceView[] | undefined;
  /** Takes up the stored faults of an injection that nobody drives. */
  adopt(gameId: string, injectionId: string): Promise<void>;
  /** Called for each entry that is done. */
  onEntry(entry: TimelineEntry, outcome: EntryOutcome): void;
  /** Called whenever `describe` would return something else. */
  onChange(): void;
}

/** Runs the timeline of one game: each entry at its game time, at most once, whatever happens to this process. */
export class GameTimeline {
  private cancelTimer = (): void => undefined;
  private running = false;
  private again = false;
  private closed = false;
  /** When it was last asked what is due, epoch ms. */
  private lookedAtMs = 0;
  private readonly done: Map<string, DoneEntry>;
  /** Entries that a limit holds up: until when, and why. */
  private readonly waits = new Map<string, { untilAt: number; detail: string }>();

  /** Entries whose storing failed without saying whether it was done. */
  private readonly doubtful = new Set<string>();

  constructor(
    public view: GameView,
    known: { done: readonly DoneEntry[]; held: boolean },
    private readonly parts: TimelineParts,
  ) {
    this.done = new Map(known.done.map((entry) => [entry.entryId, entry]));
    this.isHeld = known.held;
  }

  /** Nothing begins while this is true. */
  private isHeld: boolean;

  get held(): boolean {
    return this.isHeld;
  }

  setHeld(held: boolean): void {
    if (this.isHeld === held) return;
    this.isHeld = held;
    this.parts.onChange();
    void this.advance();
  }

  /** What was done with an entry; undefined: nothing yet. */
  doneEntry(entryId: string): DoneEntry | undefined {
    return this.done.get(entryId);
  }

  /** Notes that an entry was done elsewhere: by a facilitator, who took it out. */
  recordEntry(entry: DoneEntry): void {
    this.done.set(entry.entryId, entry);
    this.parts.onChange();
    void this.advance();
  }

  /** Does what is due, and sets the timer for what comes next. Call it whenever something changed. */
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
          if (!this.closed) await this.finish({ entry, lateMs: 0 }, 'skipped', this.whyMissed(entry), [], []);
      }
    } catch (error) {
      retry = true;
      const { gameId } = this.view;
      this.parts.logger.error({ err: error, gameId }, `the timeline waits: ${messageOf(error)}`);
    } finally {
      this.running = false;
    }
    this.setTimer(retry);
  }

  /** A fault is over: what waited for a limit may go on. */
  faultEnded(): void {
    if (this.waits.size === 0) return;
    for (const [id, wait] of this.waits) this.waits.set(id, { ...wait, untilAt: 0 });
    void this.advance();
  }

  describe(): TimelineView {
    const { gameId, scenario, schedule } = this.view;
    const nowMs = this.parts.clock.nowMs();
    const gameMs = schedule.toGameTime(nowMs) ?? -1;
    const entries = scenario.timeline.map((entry) => {
      const done = this.done.get(entry.id);
      if (done !== undefined) return { entry, state: done.outcome, at: done.at, detail: done.detail };
      const condition = entry.when === undefined ? '' : `when ${conditionInWords(entry.when)}`;
      const detail = this.waits.get(entry.id)?.detail ?? condition;
      const at = entry.when === undefined ? schedule.toWallTime(entry.atMs) : null;
      return { entry, state: entry.atMs <= gameMs ? ('waiting' as const) : ('pending' as const), at, detail };
    });
    return { gameId, held: this.isHeld, entries };
  }

  close(): void {
    this.closed = true;
    this.cancelTimer();
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
    const { gameId, teams } = this.view;
    const ranked = teams.filter((team) => team.ranked).map(({ id }) => id);
    const upPercent = teamsUpPercent(ranked, (teamId) => this.parts.servicesOf(gameId, teamId));
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
      // Ahead of the latest look, not of now: what became due in between is looked at right away, not passed over. Waits that were
      // over at that look and not taken up (the game is over) would spin.
    ].filter((at): at is number => at !== null && at > this.lookedAtMs);
    if (times.length === 0) return;
    const afterMs = Math.max(0, Math.min(...times) - nowMs);
    this.cancelTimer = this.parts.timers.after(afterMs, () => void this.advance());
  }

  private async run(due: DueNow): Promise<void> {
    const { entry, lateMs } = due;
    const nowMs = this.parts.clock.nowMs();
    const { gameId } = this.view;
    const { maxDurationMs } = limitsOf(this.view);
    const allowedMs = entry.type === 'fault' ? Math.min(entry.ttlMs, maxDurationMs) : STALE_ANNOUNCEMENT_MS;
    const late = this.waits.get(entry.id)?.detail ?? `it was due ${seconds(lateMs)} ago`;
    if (lateMs > allowedMs) return this.finish(due, 'skipped', late, [], []);

    if (entry.type === 'announcement') {
      const { id: announcementId, text, pictureUrl, videoUrl } = entry;
      const data = {
        announcementId,
        text,
        ...(pictureUrl === undefined ? {} : { pictureUrl }),
        ...(videoUrl === undefined ? {} : { videoUrl }),
      };
      const event: NewEvent = { gameId, type: 'dev.payday.announcement.made', time: nowMs, data };
      return this.finish(due, 'announced', '', [], [event]);
    }

    const plan = this.plan(entry);
    const detail = plan.reasons.join('; ');
    if (plan.teamIds.length === 0) {
      if (plan.retryAt === null) return this.finish(due, 'skipped', detail, [], []);
      return this.wait(due, Math.min(plan.retryAt, nowMs + allowedMs - lateMs + 1), detail);
    }
    const gameMs = this.view.schedule.toGameTime(nowMs) ?? entry.atMs;
    const { scenario } = this.view;
    const money = expectedMoney(scenario, { ...entry, fromMs: gameMs, ttlMs: plan.ttlMs });
    const faults = plan.teamIds.map((teamId) => this.armed(entry, teamId, plan.ttlMs, due.dueAt, money));
    return this.finish(due, 'fired', detail, faults, []);
  }

  /** Tries again later. */
  private wait({ entry }: DueNow, retryAt: number, detail: string): void {
    const nowMs = this.parts.clock.nowMs();
    const untilAt = Math.max(retryAt, nowMs + MIN_WAIT_MS);
    const before = this.waits.get(entry.id);
    this.waits.set(entry.id, { untilAt, detail });
    if (before?.detail === detail) return;
    const { gameId } = this.view;
    this.parts.logger.warn({ gameId, entryId: entry.id }, `timeline entry ${entry.id} waits: ${detail}`);
    this.parts.onChange();
  }

  private whyMissed(entry: TimelineEntry): string {
    const waited = this.waits.get(entry.id)?.detail;
    if (waited !== undefined) return waited;
    if (this.isHeld) return 'the timeline was held until the end of the game';
    return entry.when === undefined
      ? 'the game ended before it ran'
      : `its condition never held: ${conditionInWords(entry.when)}`;
  }

  private async finish(
    { entry, lateMs }: Pick<DueNow, 'entry' | 'lateMs'>,
    outcome: EntryOutcome,
    detail: string,
    faults: readonly Fault[],
    events: readonly NewEvent[],
  ): Promise<void> {
    const { clock, supervisor, logger } = this.parts;
    const { gameId } = this.view;
    const done: DoneEntry = { gameId, entryId: entry.id, outcome, detail, at: clock.nowMs() };
    const teamIds = faults.map(({ info }) => info.teamId);
    const audit: AuditNote = {
      at: done.at,
      actor: TIMELINE,
      action: `timeline.${outcome}`,
      subject: { game: gameId, entry: entry.id },
      details: {
        ...(detail === '' ? {} : { reason: detail }),
        ...(faults[0] === undefined
          ? {}
          : {
              kind: faults[0].info.kind,
              service: faults[0].info.serviceId,
              ttlMs: faults[0].ttlMs,
              teamIds,
            }),
        ...(lateMs > 0 ? { lateMs } : {}),
      },
    };
    // Written before anything is broken: after a crash the faults are there, and the entry is not taken again.
    const taken = await supervisor.strike(faults, () => this.storeEntry(done, faults, events, audit));
    const log = { gameId, entryId: entry.id, lateMs, teams: faults.length, outcome };
    if (!taken) return logger.warn(log, `timeline entry ${entry.id} was already done`);
    const level = outcome === 'skipped' || detail !== '' ? 'warn' : 'info';
    logger[level](log, `timeline entry ${entry.id} ${outcome}${detail === '' ? '' : `: ${detail}`}`);
    this.parts.onEntry(entry, outcome);
    this.parts.onChange();
  }

  private async storeEntry(
    done: DoneEntry,
    ...what: [readonly Fault[], readonly NewEvent[], AuditNote]
  ): Promise<boolean> {
    const { store, adopt } = this.parts;
    const { gameId, entryId } = done;
    let isTaken: boolean;
    try {
      isTaken = await store.takeEntry(done, ...what);
    } catch (error) {
      this.doubtful.add(entryId);
      throw error;
    }
    if (isTaken || !this.done.has(entryId)) this.done.set(entryId, done);
    this.waits.delete(entryId);
    // An attempt of ours that seemed to fail was stored after all: its faults are there, and nobody drives them.
    if (!isTaken && this.doubtful.has(entryId)) await adopt(gameId, entryId);
    this.doubtful.delete(entryId);
    return isTaken;
  }

  private plan(entry: FaultEntry): EntryPlan {
    const { clock, supervisor, drivers } = this.parts;
    const { gameId, scenario, seed, schedule, teams } = this.view;
    const nowMs = clock.nowMs();
    const gameMs = schedule.toGameTime(nowMs) ?? entry.atMs;
    try {
      const driver = drivers.driverFor(entry.kind);
      driver.checkParams(entry.kind, entry.params);
      const inReach = this.reachedBy(driver, entry.serviceId);
      const plan = planEntry(entry, {
        ...{ scenario, seed, gameMs, inReach },
        fit: this.fitOf(inReach, entry.serviceId),
        tallies: tally(supervisor.dealtCourses(gameId), standingsOf(this.view)),
        coming: comingStrikes(scenario, gameMs, new Set([...this.done.keys(), entry.id]), (coming) =>
          this.poolOf(coming),
        ),
        limits: limitsOf(this.view),
        now: supervisor.chaosNow(gameId, nowMs),
      });
      const spared = teams.filter(({ id }) => !inReach.includes(id)).map(({ id }) => id);
      if (spared.length === 0 || plan.teamIds.length === 0) return plan;
      const reason = `the ${driver.name} driver doesn't reach ${spared.join(', ')}`;
      return { ...plan, reasons: [...plan.reasons, reason] };
    } catch (error) {
      return { teamIds: [], ttlMs: entry.ttlMs, reasons: [messageOf(error)], retryAt: null };
    }
  }

  /** Teams that a driver reaches, in the order in which they joined. */
  private reachedBy(driver: FaultDriver, serviceId: string): string[] {
    const { gameId, teams } = this.view;
    return teams
      .map(({ id }) => id)
      .filter((teamId) => {
        const target = this.parts.targetOf(gameId, teamId);
        return target !== null && driver.reaches(target, serviceId);
      });
  }

  /** Those that a fault for a number of teams may choose. */
  private fitOf(inReach: readonly string[], serviceId: string): string[] {
    const ranked = new Set(this.view.teams.filter((team) => team.ranked).map(({ id }) => id));
    return inReach.filter((id) => ranked.has(id) && hasDeployed(this.view, id, serviceId));
  }

  /** Teams that an entry may strike, as far as is known now; empty for a kind without a driver. */
  private poolOf({ kind, serviceId }: FaultEntry): string[] {
    const { drivers } = this.parts;
    if (!drivers.kinds.includes(kind)) return [];
    return this.fitOf(this.reachedBy(drivers.driverFor(kind), serviceId), serviceId);
  }

  private armed(
    entry: FaultEntry,
    teamId: string,
    ttlMs: number,
    dueAt: number,
    money: ExpectedMoney,
  ): Fault {
    const { gameId, schedule, scenario } = this.view;
    return arm({
      gameId,
      injectionId: entry.id,
      teamId,
      serviceId: entry.serviceId,
      kind: entry.kind,
      params: entry.params,
      label: entry.label,
      ttlMs,
      // A fault that waited for a limit is not late: it was meant to strike now.
      dueAt: this.waits.has(entry.id) ? this.parts.clock.nowMs() : dueAt,
      scoring: entry.scoring,
      windows: { originAt: schedule.startsAt!, windowMs: scenario.pay.windowMs },
      // Who serves nothing there loses nothing by it.
      expected: hasDeployed(this.view, teamId, entry.serviceId) ? money : NO_MONEY,
    });
  }
}

function conditionInWords({ teamsUpPercent: percent }: NonNullable<TimelineEntry['when']>): string {
  return `${percent} % of the teams have every service up`;
}

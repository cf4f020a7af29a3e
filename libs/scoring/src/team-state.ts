import type { TeamScore } from '#contracts';
import type { ByteReader, ByteWriter } from './bytes.js';
import { ServiceHealth } from './health.js';
import { percentileOf, type LatencyHistogram } from './histogram.js';
import type { CompiledPay } from './pay.js';
import { Watermarks } from './watermarks.js';
import { RecentPay } from './recent-pay.js';
import { RequestTally } from './request-tally.js';
import type { WindowSchedule } from './schedule.js';
import { DedupWindow } from './dedup-window.js';
import { TeamWindow } from './team-window.js';

const RATE_MS = 10_000;
const ONE_MINUTE_MS = 60_000;
const FIVE_MINUTES_MS = 300_000;
/** Windows that ended this long before the latest one are stored with the commit and dropped from memory. */
const KEEP_MS = 30_000;

/** The scoring state of one team. */
export class TeamState {
  readonly watermarks: Watermarks;
  readonly health: ServiceHealth[];
  /** By `prober epoch`. */
  readonly seen = new Map<string, DedupWindow>();
  /** Windows in memory: recent ones, and those restored for late results. */
  readonly windows = new Map<number, TeamWindow>();
  readonly recentPay: RecentPay;
  readonly tally: RequestTally;
  salaryCents = 0;
  /** All windows below this index are closed. */
  closedBelow = 0;
  /** The highest window that ever had results; -1 if none had. */
  highestWindow = -1;
  /** Windows below this index may exist only in the store. */
  storedBelow = 0;
  latestSecond = 0;
  /** Windows whose counts have changed since they were settled. */
  readonly dirtyWindows: TeamWindow[] = [];
  dirty = false;
  /** Offset of this team's bytes in the latest snapshot while they are current; else −1. */
  storedFrom = -1;
  storedTo = -1;
  /** No window in memory has a lower index. */
  private lowestWindow = Infinity;
  /** Dedup window of the latest batch: consecutive batches usually come from one prober. */
  private lastSeen: { proberId: string; epoch: number; set: DedupWindow } | null = null;
  /** The displayed p95 of each service in µs, refreshed once per second of event time. */
  private shownP95: { second: number; values: (number | null)[] } | null = null;

  constructor(
    readonly teamId: string,
    private readonly pay: CompiledPay,
    parts?: { watermarks: Watermarks; health: ServiceHealth[]; recentPay: RecentPay; tally: RequestTally },
  ) {
    this.recentPay = parts?.recentPay ?? new RecentPay(trendWindows(pay));
    this.tally = parts?.tally ?? new RequestTally(idsOf(pay));
    this.watermarks = parts?.watermarks ?? new Watermarks();
    this.health = parts?.health ?? pay.services.map(() => new ServiceHealth());
  }

  seenBy(proberId: string, epoch: number): DedupWindow {
    const last = this.lastSeen;
    if (last !== null && last.epoch === epoch && last.proberId === proberId) return last.set;
    const key = `${epoch} ${proberId}`;
    let set = this.seen.get(key);
    if (!set) this.seen.set(key, (set = new DedupWindow()));
    this.lastSeen = { proberId, epoch, set };
    return set;
  }

  /** The window for the index, marked dirty because the caller is about to change it. */
  window(index: number): TeamWindow {
    let found = this.windows.get(index);
    if (!found) this.putWindow((found = new TeamWindow(index, this.pay)));
    if (index > this.highestWindow) this.highestWindow = index;
    if (!found.dirty) this.dirtyWindows.push(found);
    found.dirty = true;
    return found;
  }

  putWindow(window: TeamWindow): void {
    this.windows.set(window.index, window);
    if (window.index < this.lowestWindow) this.lowestWindow = window.index;
  }

  /** Whether the window's counts may exist only in the store and must be restored before they change. */
  isStored(index: number): boolean {
    return index < this.storedBelow && index <= this.highestWindow && !this.windows.has(index);
  }

  /**
   * Windows whose rows may have to change, ascending: those with new counts, those that close now (from `closedBefore` on), and
   * all from `resettleFrom` on unless that is null. Afterwards they count as settled.
   */
  takeUnsettled(closedBefore: number, resettleFrom: number | null): TeamWindow[] {
    const out = this.dirtyWindows.splice(0);
    const closing = this.closedBelow - closedBefore;
    const add = (window: TeamWindow | undefined): void => {
      if (window !== undefined && !window.dirty) out.push(window);
    };
    if (resettleFrom !== null || closing > this.windows.size) {
      for (const window of this.windows.values()) {
        const { index } = window;
        const closes = index >= closedBefore && index < this.closedBelow;
        if (closes || (resettleFrom !== null && index >= resettleFrom)) add(window);
      }
    } else for (let index = closedBefore; index < this.closedBelow; index++) add(this.windows.get(index));
    for (const window of out) window.dirty = false;
    return out.length > 1 ? out.sort((a, b) => a.index - b.index) : out;
  }

  /** Marks the windows in memory from `first` to `last` (inclusive) for settling: their rows may change although their counts do not. */
  unsettle(first: number, last: number): void {
    for (const window of this.windows.values()) {
      if (window.index < first || window.index > last || window.dirty) continue;
      window.dirty = true;
      this.dirtyWindows.push(window);
      this.dirty = true;
      this.storedFrom = -1;
    }
  }

  earn(windowIndex: number, cents: number): void {
    if (cents === 0) return;
    this.salaryCents += cents;
    this.recentPay.add(windowIndex, cents);
  }

  /** Drops what is no longer needed in memory. Call it only when the team's windows are settled and stored. */
  forget(): void {
    const keep = Math.ceil(KEEP_MS / this.pay.windowMs) + 1;
    const below = Math.min(this.closedBelow, this.highestWindow - keep);
    if (this.lowestWindow < below) {
      for (const index of this.windows.keys()) if (index < below) this.windows.delete(index);
      this.lowestWindow = below;
    }
    if (below > this.storedBelow) this.storedBelow = below;
    this.recentPay.forgetBelow(this.highestWindow - trendWindows(this.pay));
  }

  /** Drops state that is only needed while the game can change. Idempotent. */
  retire(): void {
    if (this.seen.size === 0 && this.windows.size === 0) return;
    this.storedFrom = -1;
    this.seen.clear();
    this.windows.clear();
    this.recentPay.clear();
    this.lastSeen = null;
    this.storedBelow = this.highestWindow + 1;
  }

  score(gameId: string, schedule: WindowSchedule): Omit<TeamScore, 'commitSeq'> {
    const p95 = this.p95();
    return {
      gameId,
      teamId: this.teamId,
      asOf: this.watermarks.completeUpTo,
      salaryCents: this.salaryCents,
      payPerMinuteCents: this.payPerMinute(schedule),
      trend: {
        oneMinuteCents: this.payOver(ONE_MINUTE_MS, schedule),
        fiveMinutesCents: this.payOver(FIVE_MINUTES_MS, schedule),
      },
      services: this.pay.services.map((spec, i) => this.health[i]!.view(spec.id, this.latestSecond, p95[i]!)),
      ...(schedule.sealed && { final: true as const, requests: this.tally.view() }),
    };
  }

  /** First and last window (inclusive) that overlap the last `spanMs` before the watermark; null before the first watermark. */
  private windowsOf(spanMs: number, schedule: WindowSchedule): { first: number; last: number } | null {
    const upTo = Math.min(this.watermarks.completeUpTo, schedule.endsAt);
    if (schedule.startsAt === null || upTo <= schedule.startsAt) return null;
    const first = Math.max(0, schedule.indexOf(upTo - spanMs));
    return { first, last: Math.max(first, this.highestWindow) };
  }

  private payOver(spanMs: number, schedule: WindowSchedule): number {
    const windows = this.windowsOf(spanMs, schedule);
    return windows === null ? 0 : this.recentPay.sum(windows.first, windows.last);
  }

  /** Pay of the latest windows per minute of scored event time. */
  private payPerMinute(schedule: WindowSchedule): number {
    const windows = this.windowsOf(RATE_MS, schedule);
    if (windows === null) return 0;
    const upTo = Math.min(this.watermarks.completeUpTo, schedule.endsAt);
    let durationMs = 0;
    for (let index = windows.first; index <= windows.last; index++) {
      const start = schedule.startOf(index);
      if (start < upTo && !schedule.isPaused(index)) durationMs += Math.min(upTo - start, schedule.windowMs);
    }
    if (durationMs < 1000) return 0;
    return Math.round((this.recentPay.sum(windows.first, windows.last) * 60_000) / durationMs);
  }

  private p95(): (number | null)[] {
    if (this.shownP95?.second === this.latestSecond) return this.shownP95.values;
    const windows = Math.max(1, Math.floor(RATE_MS / this.pay.windowMs));
    const values = this.pay.services.map((_, service) => {
      const histograms: LatencyHistogram[] = [];
      for (let index = this.highestWindow - windows; index <= this.highestWindow; index++)
        this.windows.get(index)?.collectLatencies(service, histograms);
      return percentileOf(histograms, 95);
    });
    this.shownP95 = { second: this.latestSecond, values };
    return values;
  }

  write(out: ByteWriter): void {
    this.watermarks.write(out);
    for (const health of this.health) health.write(out);
    out.uint(this.seen.size);
    for (const [key, set] of this.seen) {
      out.text(key);
      set.write(out);
    }
    this.recentPay.write(out);
    this.tally.write(out);
    out
      .int(this.salaryCents)
      .uint(this.closedBelow)
      .uint(this.highestWindow + 1)
      .uint(this.latestSecond);
  }

  static read(teamId: string, pay: CompiledPay, from: ByteReader): TeamState {
    const watermarks = Watermarks.read(from);
    const health = pay.services.map(() => ServiceHealth.read(from));
    const seen: [string, DedupWindow][] = [];
    for (let n = from.uint(); n > 0; n--) seen.push([from.text(), DedupWindow.read(from)]);
    const recentPay = RecentPay.read(trendWindows(pay), from);
    const tally = RequestTally.read(idsOf(pay), from);
    const out = new TeamState(teamId, pay, { watermarks, health, recentPay, tally });
    for (const [key, set] of seen) out.seen.set(key, set);
    out.salaryCents = from.int();
    out.closedBelow = from.uint();
    out.highestWindow = from.uint() - 1;
    out.latestSecond = from.uint();
    // After a restart all windows that had results are in the store and none is in memory.
    out.storedBelow = out.highestWindow + 1;
    return out;
  }
}

function idsOf(pay: CompiledPay): string[] {
  return pay.services.map(({ id }) => id);
}

/** Number of windows before the latest one that the longest trend needs. */
function trendWindows(pay: CompiledPay): number {
  return Math.ceil(FIVE_MINUTES_MS / pay.windowMs) + 2;
}

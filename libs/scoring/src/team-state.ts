import type { TeamScore } from '#contracts';
import type { ByteReader, ByteWriter } from './bytes.js';
import { ServiceHealth } from './health.js';
import { LatencyHistogram } from './histogram.js';
import type { CompiledPay } from './pay.js';
import { Promises } from './promises.js';
import type { WindowSchedule } from './schedule.js';
import { SeenSet } from './seen-set.js';
import { TeamWindow } from './team-window.js';

const RATE_MS = 10_000;
const ONE_MINUTE_MS = 60_000;
const FIVE_MINUTES_MS = 300_000;
/** Windows that ended this long before the latest are stored with the commit and dropped from memory. */
const KEEP_MS = 30_000;

/** All that the scoring of one team needs to remember. */
export class TeamState {
  readonly promises: Promises;
  readonly health: ServiceHealth[];
  /** By `prober epoch`. */
  readonly seen = new Map<string, SeenSet>();
  /** In memory: recent ones, and those asked for by late results. */
  readonly windows = new Map<number, TeamWindow>();
  /** Cents per window, for the trends; older entries are dropped. */
  readonly recentCents = new Map<number, number>();
  salaryCents = 0;
  /** All windows below are closed. */
  closedBelow = 0;
  /** The highest window that ever had results; -1: none. */
  highestWindow = -1;
  /** Windows below may lie in the store only. */
  storedBelow = 0;
  latestSecond = 0;
  dirty = false;
  /** The p95 shown for each service, refreshed once per second of event time. */
  private shownLatencies: { second: number; histograms: LatencyHistogram[] } | null = null;

  constructor(
    readonly teamId: string,
    private readonly pay: CompiledPay,
    parts?: { promises: Promises; health: ServiceHealth[] },
  ) {
    this.promises = parts?.promises ?? new Promises();
    this.health = parts?.health ?? pay.services.map(() => new ServiceHealth());
  }

  seenBy(proberId: string, epoch: number): SeenSet {
    const key = `${epoch} ${proberId}`;
    let found = this.seen.get(key);
    if (!found) this.seen.set(key, (found = new SeenSet()));
    return found;
  }

  window(index: number): TeamWindow {
    let found = this.windows.get(index);
    if (!found) this.windows.set(index, (found = new TeamWindow(index, this.pay)));
    if (index > this.highestWindow) this.highestWindow = index;
    return found;
  }

  /** True where the window's counts may lie in the store and have to be restored before they change. */
  isStored(index: number): boolean {
    return index < this.storedBelow && index <= this.highestWindow && !this.windows.has(index);
  }

  earn(windowIndex: number, cents: number): void {
    if (cents === 0) return;
    this.salaryCents += cents;
    this.recentCents.set(windowIndex, (this.recentCents.get(windowIndex) ?? 0) + cents);
  }

  /** Drops what is no longer needed in memory. Call only when its windows are settled and stored. */
  forget(): void {
    const keep = Math.ceil(KEEP_MS / this.pay.windowMs) + 1;
    const below = Math.min(this.closedBelow, this.highestWindow - keep);
    for (const index of this.windows.keys()) if (index < below) this.windows.delete(index);
    if (below > this.storedBelow) this.storedBelow = below;
    const trendBelow = this.highestWindow - Math.ceil(FIVE_MINUTES_MS / this.pay.windowMs) - 2;
    for (const index of this.recentCents.keys()) if (index < trendBelow) this.recentCents.delete(index);
  }

  /** Drops what only a game that can still change needs. */
  retire(): void {
    this.seen.clear();
    this.windows.clear();
    this.recentCents.clear();
    this.storedBelow = this.highestWindow + 1;
  }

  score(gameId: string, schedule: WindowSchedule): Omit<TeamScore, 'commitSeq'> {
    const latencies = this.latencies();
    const rate = this.payOver(RATE_MS, schedule);
    return {
      gameId,
      teamId: this.teamId,
      asOf: this.promises.completeUpTo,
      salaryCents: this.salaryCents,
      payPerMinuteCents: rate.durationMs < 1000 ? 0 : Math.round((rate.cents * 60_000) / rate.durationMs),
      trend: {
        oneMinuteCents: this.payOver(ONE_MINUTE_MS, schedule).cents,
        fiveMinutesCents: this.payOver(FIVE_MINUTES_MS, schedule).cents,
      },
      services: this.pay.services.map((spec, i) =>
        this.health[i]!.view(spec.id, this.latestSecond, latencies[i]!),
      ),
    };
  }

  /** Pay in the windows that reach into the last `spanMs` before the promise, and how much event time they cover. */
  private payOver(spanMs: number, schedule: WindowSchedule): { cents: number; durationMs: number } {
    const upTo = Math.min(this.promises.completeUpTo, schedule.endsAt);
    if (schedule.startsAt === null || upTo <= schedule.startsAt) return { cents: 0, durationMs: 0 };
    const first = Math.max(0, schedule.indexOf(upTo - spanMs));
    const last = Math.max(first, this.highestWindow);
    let cents = 0;
    let durationMs = 0;
    for (let index = first; index <= last; index++) {
      cents += this.recentCents.get(index) ?? 0;
      const start = schedule.startOf(index);
      if (start < upTo && !schedule.isPaused(index)) durationMs += Math.min(upTo - start, schedule.windowMs);
    }
    return { cents, durationMs };
  }

  private latencies(): LatencyHistogram[] {
    if (this.shownLatencies?.second === this.latestSecond) return this.shownLatencies.histograms;
    const windows = Math.max(1, Math.floor(RATE_MS / this.pay.windowMs));
    const histograms = this.pay.services.map(() => new LatencyHistogram());
    for (let index = this.highestWindow - windows; index <= this.highestWindow; index++) {
      const window = this.windows.get(index);
      if (window) histograms.forEach((histogram, service) => window.mergeLatencies(service, histogram));
    }
    this.shownLatencies = { second: this.latestSecond, histograms };
    return histograms;
  }

  write(out: ByteWriter): void {
    this.promises.write(out);
    for (const health of this.health) health.write(out);
    out.uint(this.seen.size);
    for (const [key, set] of this.seen) {
      out.text(key);
      set.write(out);
    }
    out.uint(this.recentCents.size);
    for (const [index, cents] of this.recentCents) out.uint(index).int(cents);
    out
      .int(this.salaryCents)
      .uint(this.closedBelow)
      .uint(this.highestWindow + 1)
      .uint(this.latestSecond);
  }

  static read(teamId: string, pay: CompiledPay, from: ByteReader): TeamState {
    const promises = Promises.read(from);
    const health = pay.services.map(() => ServiceHealth.read(from));
    const out = new TeamState(teamId, pay, { promises, health });
    for (let n = from.uint(); n > 0; n--) {
      const key = from.text();
      out.seen.set(key, SeenSet.read(from));
    }
    for (let n = from.uint(); n > 0; n--) out.recentCents.set(from.uint(), from.int());
    out.salaryCents = from.int();
    out.closedBelow = from.uint();
    out.highestWindow = from.uint() - 1;
    out.latestSecond = from.uint();
    // After a restart every window that had results is in the store, and none is in memory.
    out.storedBelow = out.highestWindow + 1;
    return out;
  }
}

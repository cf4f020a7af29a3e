import type { Scenario } from '#contracts';
import {
  arrivals,
  spikeArrivals,
  teamArrivalMs,
  teamPhaseMs,
  type Arrival,
  type GameSchedule,
} from '#scenario';

/** One request that is due. */
export interface Due<Team> {
  team: Team;
  serviceIndex: number;
  /** Epoch ms. */
  intendedAt: number;
  arrival: Arrival;
  /** The load spike that it belongs to; null for a request of the schedule itself. */
  spikeId: string | null;
}

/** More requests for one team's service than the schedule has. */
export interface Spike<Team> {
  readonly id: string;
  readonly team: Team;
  readonly serviceIndex: number;
  /** How many more: 100 doubles the load. */
  readonly percent: number;
}

/** The arrivals of one second of game time, by the millisecond in which they are due. */
interface PlannedSecond<Team> {
  second: number;
  startAt: number;
  buckets: (Due<Team>[] | undefined)[];
  /** The first bucket that has not been handed out. */
  next: number;
}

/** How far ahead requests are laid out. */
const LOOKAHEAD_MS = 1_000;
/** After a stall of more than this the past is given up; until then its requests are still accounted for. */
const MAX_BACKLOG_MS = 10_000;

/**
 * The open-loop schedule: which requests are due when, as fixed by scenario, seed, game events and load spikes alone. Every
 * arrival from the start boundary on is handed out exactly once, in order of its time; none before the boundary is,
 * so that a prober that was restarted never back-fills.
 */
export class Plan<Team> {
  private schedule: GameSchedule;
  private seconds: PlannedSecond<Team>[] = [];
  private nextSecond = 0;
  private readonly spikes = new Map<string, Spike<Team>>();
  /** Everything due before this has been handed out, and nothing due before it ever will be. Epoch ms. */
  private plannedThrough: number;

  /** @param fromAt the start boundary, epoch ms. */
  constructor(
    private readonly scenario: Scenario,
    schedule: GameSchedule,
    fromAt: number,
  ) {
    this.schedule = schedule;
    this.plannedThrough = fromAt;
    this.nextSecond = this.firstSecond();
  }

  get doneThrough(): number {
    return this.plannedThrough;
  }

  /** From now on this schedule counts: what is laid out but not handed out, and no longer true, is laid out anew. */
  reschedule(schedule: GameSchedule): void {
    this.schedule = schedule;
    this.seconds = this.seconds.filter(({ second, startAt }) => this.startOf(second) === startAt);
    const last = this.seconds.at(-1);
    this.nextSecond = last === undefined ? this.firstSecond() : last.second + 1;
  }

  /** Adds a spike's requests to everything that has not been handed out, from this millisecond on. Repeatable. */
  addSpike(spike: Spike<Team>): void {
    if (this.spikes.has(spike.id)) return;
    this.spikes.set(spike.id, spike);
    for (const planned of this.seconds) this.addTo(planned, spike);
  }

  /** Takes a spike's requests out of everything that has not been handed out. Unknown ids are fine. */
  removeSpike(id: string): void {
    if (!this.spikes.delete(id)) return;
    for (const { buckets } of this.seconds)
      buckets.forEach((bucket, ms) => (buckets[ms] = bucket?.filter(({ spikeId }) => spikeId !== id)));
  }

  /**
   * Hands out what is due by `nowMs`, in order.
   * @param teams all teams in the order in which they joined; new ones take part from the next second laid out.
   */
  advance(nowMs: number, teams: readonly Team[], send: (due: Due<Team>) => void): void {
    this.layOut(nowMs, teams);
    while (this.seconds.length > 0) {
      const current = this.seconds[0]!;
      const end = Math.min(999, nowMs - current.startAt);
      for (; current.next <= end; current.next++) {
        const bucket = current.buckets[current.next];
        if (bucket === undefined) continue;
        for (const due of bucket) send(due);
        current.buckets[current.next] = undefined;
      }
      if (current.next < 1000) break;
      this.seconds.shift();
    }
    this.plannedThrough = Math.max(this.plannedThrough, nowMs + 1);
  }

  private layOut(nowMs: number, teams: readonly Team[]): void {
    for (;;) {
      const second = this.nextSecond;
      const startAt = this.startOf(second);
      if (startAt === null || startAt > nowMs + LOOKAHEAD_MS) return;
      this.nextSecond++;
      if (startAt < this.plannedThrough || startAt < nowMs - MAX_BACKLOG_MS) continue;
      const planned = { second, startAt, buckets: this.bucketsOf(second, startAt, teams), next: 0 };
      for (const spike of this.spikes.values()) this.addTo(planned, spike);
      this.seconds.push(planned);
    }
  }

  private addTo({ second, startAt, buckets, next }: PlannedSecond<Team>, spike: Spike<Team>): void {
    const { id: spikeId, team, serviceIndex } = spike;
    for (const arrival of spikeArrivals(
      this.scenario,
      this.scenario.services[serviceIndex]!.id,
      second,
      spike,
    )) {
      const ms = arrival.offsetMs;
      if (ms < next) continue;
      (buckets[ms] ??= []).push({ team, serviceIndex, intendedAt: startAt + ms, arrival, spikeId });
    }
  }

  private bucketsOf(second: number, startAt: number, teams: readonly Team[]): (Due<Team>[] | undefined)[] {
    const buckets = new Array<Due<Team>[] | undefined>(1000).fill(undefined);
    this.scenario.services.forEach((service, serviceIndex) => {
      for (const arrival of arrivals(this.scenario, service.id, second))
        teams.forEach((team, teamIndex) => {
          const ms = teamArrivalMs(0, arrival, teamPhaseMs(teamIndex, teams.length));
          (buckets[ms] ??= []).push({ team, serviceIndex, intendedAt: startAt + ms, arrival, spikeId: null });
        });
    });
    return buckets;
  }

  /** When a second of game time begins, or null if it doesn't (beyond the end, or behind an open pause). */
  private startOf(second: number): number | null {
    const startAt = this.schedule.toWallTime(second * 1000);
    return startAt !== null && this.schedule.stateAt(startAt) === 'running' ? startAt : null;
  }

  /** The first second of game time that begins at or after the boundary. */
  private firstSecond(): number {
    const gameMs = this.schedule.toGameTime(this.plannedThrough) ?? 0;
    return Math.max(0, Math.ceil(gameMs / 1000));
  }
}

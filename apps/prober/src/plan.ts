import type { Scenario } from '#contracts';
import {
  arrivals,
  spikeArrivals,
  teamArrivalMs,
  teamPhaseMs,
  type Arrival,
  type GameSchedule,
} from '#scenario';

/** A request that is due. */
export interface Due<Team> {
  team: Team;
  serviceIndex: number;
  /** Epoch ms. */
  intendedAt: number;
  arrival: Arrival;
  /** Its load spike; null for a request of the schedule itself. */
  spikeId: string | null;
}

/** Additional requests for one team's service. */
export interface Spike<Team> {
  readonly id: string;
  readonly team: Team;
  readonly serviceIndex: number;
  /** Additional load: 100 doubles it. */
  readonly percent: number;
}

/** A request of the schedule, which every team gets with its own phase. */
interface Shared {
  serviceIndex: number;
  arrival: Arrival;
}

/**
 * The requests of one second of game time, by the millisecond in which they are due. Those of the schedule are numbers in two arrays: thousands of
 * objects, each alive for a second, would make garbage collection slow.
 */
interface PlannedSecond<Team> {
  second: number;
  startAt: number;
  shared: readonly Shared[];
  /** How many of `teams` take part: those that had joined when the second was planned. */
  teams: readonly Team[];
  teamCount: number;
  /** Index into `shared` times `teamCount`, plus the team's index; in order of their milliseconds. */
  order: Uint32Array;
  /** Where each millisecond begins in `order`, plus one entry for the end. */
  starts: Uint32Array;
  /** Requests of load spikes, by the millisecond. */
  extra: Map<number, Due<Team>[]>;
  /** The first millisecond that has not been emitted. */
  next: number;
}

/** How far ahead requests are planned. */
const LOOKAHEAD_MS = 1_000;
/** After a longer stall, missed requests are skipped; after a shorter one they are still accounted for. */
const MAX_BACKLOG_MS = 10_000;

/**
 * The open-loop schedule: which requests are due when, determined by scenario, seed, game events and load spikes alone. Every
 * arrival from the start boundary on is emitted exactly once, in order of its time; none before the boundary is,
 * so a restarted prober never back-fills.
 */
export class Plan<Team> {
  private schedule: GameSchedule;
  private seconds: PlannedSecond<Team>[] = [];
  private nextSecond = 0;
  private readonly spikes = new Map<string, Spike<Team>>();
  /** Everything due before this has been emitted, and nothing due before it ever will be again. Epoch ms. */
  private plannedThrough: number;

  /** @param fromAt the start boundary, epoch ms */
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

  /** Switches to a new schedule: planned requests that were not emitted and no longer fit are planned again. */
  reschedule(schedule: GameSchedule): void {
    this.schedule = schedule;
    this.seconds = this.seconds.filter(({ second, startAt }) => this.startOf(second) === startAt);
    const last = this.seconds.at(-1);
    this.nextSecond = last === undefined ? this.firstSecond() : last.second + 1;
  }

  /** Adds a spike's requests to everything that has not been emitted. Repeatable. */
  addSpike(spike: Spike<Team>): void {
    if (this.spikes.has(spike.id)) return;
    this.spikes.set(spike.id, spike);
    for (const planned of this.seconds) this.addTo(planned, spike);
  }

  /** Removes a spike's requests from everything that has not been emitted. Ignores unknown ids. */
  removeSpike(id: string): void {
    if (!this.spikes.delete(id)) return;
    for (const { extra } of this.seconds)
      for (const [ms, dues] of extra) {
        const left = dues.filter(({ spikeId }) => spikeId !== id);
        if (left.length > 0) extra.set(ms, left);
        else extra.delete(ms);
      }
  }

  /**
   * Emits what is due by `nowMs`, in order.
   * @param teams all teams in the order in which they joined; new ones take part from the next planned second
   */
  advance(nowMs: number, teams: readonly Team[], send: (due: Due<Team>) => void): void {
    this.layOut(nowMs, teams);
    while (this.seconds.length > 0) {
      const current = this.seconds[0]!;
      const end = Math.min(999, nowMs - current.startAt);
      for (; current.next <= end; current.next++) handOut(current, send);
      if (current.next < 1000) break;
      this.seconds.shift();
    }
    this.plannedThrough = Math.max(this.plannedThrough, nowMs + 1);
  }

  /** When the next request is due if that is by `untilMs`, else null. Only planned seconds count. Epoch ms. */
  nextDueBy(untilMs: number): number | null {
    for (const { startAt, starts, extra, next } of this.seconds) {
      const end = Math.min(999, untilMs - startAt);
      for (let ms = next; ms <= end; ms++)
        if (starts[ms] !== starts[ms + 1] || extra.has(ms)) return startAt + ms;
    }
    return null;
  }

  private layOut(nowMs: number, teams: readonly Team[]): void {
    for (;;) {
      const second = this.nextSecond;
      const startAt = this.startOf(second);
      if (startAt === null || startAt > nowMs + LOOKAHEAD_MS) return;
      this.nextSecond++;
      if (startAt < this.plannedThrough || startAt < nowMs - MAX_BACKLOG_MS) continue;
      const planned = this.planned(second, startAt, teams);
      for (const spike of this.spikes.values()) this.addTo(planned, spike);
      this.seconds.push(planned);
    }
  }

  private addTo({ second, startAt, extra, next }: PlannedSecond<Team>, spike: Spike<Team>): void {
    const { id: spikeId, team, serviceIndex } = spike;
    for (const arrival of spikeArrivals(
      this.scenario,
      this.scenario.services[serviceIndex]!.id,
      second,
      spike,
    )) {
      const ms = arrival.offsetMs;
      if (ms < next) continue;
      const due = { team, serviceIndex, intendedAt: startAt + ms, arrival, spikeId };
      const dues = extra.get(ms);
      if (dues === undefined) extra.set(ms, [due]);
      else dues.push(due);
    }
  }

  /** Counting sort: linear in the number of requests. */
  private planned(second: number, startAt: number, teams: readonly Team[]): PlannedSecond<Team> {
    const shared = this.scenario.services.flatMap(({ id }, serviceIndex) =>
      arrivals(this.scenario, id, second).map((arrival) => ({ serviceIndex, arrival })),
    );
    const teamCount = teams.length;
    const phases = teams.map((_, index) => teamPhaseMs(index, teamCount));
    const due = new Uint16Array(shared.length * teamCount);
    const starts = new Uint32Array(1001);
    shared.forEach(({ arrival }, index) =>
      phases.forEach((phase, team) => {
        const ms = teamArrivalMs(0, arrival, phase);
        due[index * teamCount + team] = ms;
        starts[ms + 1]!++;
      }),
    );
    for (let ms = 0; ms < 1000; ms++) starts[ms + 1]! += starts[ms]!;
    const free = starts.slice();
    const order = new Uint32Array(due.length);
    due.forEach((ms, which) => (order[free[ms]!++] = which));
    return { second, startAt, shared, teams, teamCount, order, starts, extra: new Map(), next: 0 };
  }

  /** When a second of game time begins; null if it doesn't (beyond the end, or after an open pause). */
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

/** Emits what is due in the next millisecond: first the schedule's requests, service by service, then those of spikes. */
function handOut<Team>(planned: PlannedSecond<Team>, send: (due: Due<Team>) => void): void {
  const { startAt, shared, teams, teamCount, order, starts, extra, next: ms } = planned;
  const intendedAt = startAt + ms;
  for (let i = starts[ms]!; i < starts[ms + 1]!; i++) {
    const which = order[i]!;
    const { serviceIndex, arrival } = shared[Math.floor(which / teamCount)]!;
    send({ team: teams[which % teamCount]!, serviceIndex, intendedAt, arrival, spikeId: null });
  }
  const dues = extra.get(ms);
  if (dues === undefined) return;
  for (const due of dues) send(due);
  extra.delete(ms);
}

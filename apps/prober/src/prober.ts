import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import type { ProbeBatch, Scenario } from '#contracts';
import { PaydayError, type Clock } from '#kernel';
import { GameSchedule } from '#scenario';
import type { GameListener } from './game-watcher.js';
import { Endpoint } from './http/endpoint.js';
import { MemoryBudget } from './http/memory-budget.js';
import type { ProberMetrics } from './metrics.js';
import { Plan, type Spike } from './plan.js';
import { ProbeSender, type SenderLimits } from './probe-sender.js';
import type { BatchSource } from './reporter.js';
import { TeamResults } from './result-buffer.js';
import { TeamLane } from './team-lane.js';
import { WallTime } from './wall-time.js';

export interface ProberOptions extends SenderLimits {
  gameId: string;
  proberId: string;
  /** Of this start: larger than that of any earlier start of the same prober. */
  epoch: number;
  /** Probing begins so long after the start. */
  startMarginMs: number;
  /** A team's promise is renewed at least so often while the game runs. */
  promiseEveryMs: number;
  /** Requests on the wire, and requests waiting for one of those to end, per endpoint. */
  maxInFlight: number;
  maxQueued: number;
  /** Bytes of unfinished answers, per endpoint and in all. */
  maxHeldBytesPerEndpoint: number;
  maxHeldBytes: number;
}

export const PROBER_DEFAULTS: Omit<ProberOptions, 'gameId' | 'proberId' | 'epoch'> = {
  startMarginMs: 200,
  maxLagMs: 50,
  maxPendingResults: 500_000,
  promiseEveryMs: 250,
  maxInFlight: 256,
  maxQueued: 1024,
  maxHeldBytesPerEndpoint: 16 * 1024 * 1024,
  maxHeldBytes: 256 * 1024 * 1024,
};

export interface ProberParts {
  clock: Clock;
  /** Makes `{{uuid}}`. */
  uuid: () => string;
  connect: (onSocket: (socket: Socket) => void) => buildConnector.connector;
  metrics: ProberMetrics;
}

/**
 * The customers of one game. Time comes in by `tick`; requests go out on the open-loop plan, whatever earlier ones
 * do; results wait in per-team buffers until the reporter drains them.
 */
export class Prober implements GameListener, BatchSource {
  readonly #time: WallTime;
  readonly #memory: MemoryBudget;
  readonly #lanes: TeamLane[] = [];
  readonly #byTeam = new Map<string, TeamLane>();
  #game: { scenario: Scenario; schedule: GameSchedule; sender: ProbeSender } | null = null;
  #plan: Plan<TeamLane> | null = null;
  readonly #spikes = new Map<string, Spike<TeamLane>>();
  /** The start boundary, epoch ms; null while probing has not been allowed. */
  #startAt: number | null = null;

  constructor(
    private readonly options: ProberOptions,
    private readonly parts: ProberParts,
  ) {
    this.#time = new WallTime(parts.clock);
    this.#memory = new MemoryBudget(options.maxHeldBytes);
  }

  get inFlight(): number {
    return this.#game?.sender.inFlight ?? 0;
  }

  get pending(): number {
    return this.#game?.sender.pending ?? 0;
  }

  get heldBytes(): number {
    return this.#memory.used;
  }

  /** Whether ticks should come every millisecond: something is under way, or will be within a second. */
  get busy(): boolean {
    if (this.#game === null || this.#startAt === null) return false;
    const nowMs = this.#nowMs();
    const { schedule } = this.#game;
    return (
      this.inFlight > 0 ||
      schedule.stateAt(nowMs) === 'running' ||
      schedule.stateAt(nowMs + 1000) === 'running'
    );
  }

  created(scenario: Scenario): void {
    const { uuid, metrics } = this.parts;
    this.#game = {
      scenario,
      schedule: GameSchedule.lobby(scenario.pay.windowMs),
      sender: new ProbeSender(scenario, this.options, this.#time, uuid, metrics),
    };
  }

  teamAdded(teamId: string): void {
    if (this.#game === null || this.#byTeam.has(teamId)) return;
    const { scenario } = this.#game;
    const { gameId, proberId, epoch } = this.options;
    const serviceIds = scenario.services.map(({ id }) => id);
    const results = new TeamResults({ gameId, teamId, serviceIds, proberId, epoch }, scenario.pay.windowMs);
    const lane = new TeamLane(teamId, serviceIds.length, results, (url) => this.#open(url, scenario));
    this.#lanes.push(lane);
    this.#byTeam.set(teamId, lane);
  }

  endpointChanged(teamId: string, serviceId: string, url: string | null): void {
    const services = this.#game?.scenario.services ?? [];
    const serviceIndex = services.findIndex(({ id }) => id === serviceId);
    if (serviceIndex >= 0) this.#byTeam.get(teamId)?.setEndpoint(serviceIndex, url);
  }

  scheduleChanged(schedule: GameSchedule): void {
    if (this.#game !== null) this.#game.schedule = schedule;
    this.#plan?.reschedule(schedule);
  }

  /**
   * From now on one team's service gets `percent` per cent more requests, until `endSpike`. Repeatable.
   * @throws PaydayError `unknown_team`, `unknown_service`, `no_game` (retryable: the game is not known yet).
   */
  beginSpike(id: string, teamId: string, serviceId: string, percent: number): void {
    if (this.#game === null)
      throw new PaydayError('no_game', 'the game is not known yet; ask again', { retryable: true });
    const team = this.#byTeam.get(teamId);
    if (team === undefined) throw new PaydayError('unknown_team', `the game has no team "${teamId}"`);
    const serviceIndex = this.#game.scenario.services.findIndex((service) => service.id === serviceId);
    if (serviceIndex < 0) throw new PaydayError('unknown_service', `the game has no service "${serviceId}"`);
    const spike = { id, team, serviceIndex, percent };
    this.#spikes.set(id, spike);
    this.#plan?.addSpike(spike);
  }

  endSpike(id: string): void {
    this.#spikes.delete(id);
    this.#plan?.removeSpike(id);
  }

  /** Probing may begin: call it once all earlier events were told, so that nothing is probed by an old state. */
  start(): void {
    this.#startAt = this.#nowMs() + this.options.startMarginMs;
  }

  /** One step of time: ends what is over its deadline, then sends what is due. */
  tick(): void {
    if (this.#game === null || this.#startAt === null) return;
    const { scenario, schedule, sender } = this.#game;
    const stepMs = this.#time.follow();
    const nowUs = this.#time.nowUs();
    const nowMs = Math.floor(nowUs / 1000);
    if (this.#plan === null) {
      this.#plan = new Plan(scenario, schedule, Math.max(this.#startAt, nowMs));
      for (const spike of this.#spikes.values()) this.#plan.addSpike(spike);
    }
    sender.tick(nowUs, stepMs !== 0);
    this.#plan.advance(nowMs, this.#lanes, (due) => sender.send(due));
  }

  /**
   * Takes all results that wait, in the order of each team, and renews the promises. What was taken counts as
   * pending until `settled`.
   */
  drain(): ProbeBatch[] {
    if (this.#game === null || this.#plan === null) return [];
    const { schedule } = this.#game;
    const nowUs = this.#time.nowUs();
    const state = schedule.stateAt(Math.floor(nowUs / 1000));
    const batches: ProbeBatch[] = [];
    for (const lane of this.#lanes) {
      const { results } = lane;
      // After the end, promises go on until one lies beyond it: then the game can be sealed.
      const promising =
        state === 'running' ||
        state === 'paused' ||
        (state === 'ended' && results.promised <= (schedule.endsAt ?? 0));
      const due = promising && nowUs - lane.reportedAtUs >= this.options.promiseEveryMs * 1000;
      if (results.count === 0 && !due) continue;
      batches.push(...results.drain(promising ? lane.tracker.promise(this.#plan.doneThrough) : 0));
      lane.reportedAtUs = nowUs;
    }
    return batches;
  }

  settled(results: number): void {
    this.#game?.sender.settled(results);
  }

  /** Sends nothing more and closes every connection. */
  close(): void {
    this.#startAt = null;
    for (const lane of this.#lanes) lane.close();
  }

  #nowMs(): number {
    return Math.floor(this.#time.nowUs() / 1000);
  }

  #open(url: string, scenario: Scenario): Endpoint {
    const { maxInFlight, maxQueued, maxHeldBytesPerEndpoint } = this.options;
    const { maxBodyBytes } = scenario.probing;
    const limits = { maxInFlight, maxQueued, maxBodyBytes, maxHeldBytes: maxHeldBytesPerEndpoint };
    return new Endpoint(url, limits, this.parts.connect, this.#memory);
  }
}

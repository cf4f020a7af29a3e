import type { ProbeBatch, Scenario } from '#contracts';
import { GameSchedule } from '#game';
import { PaydayError, type PreciseClock } from '#kernel';
import type { GameListener } from './game-watcher.js';
import type { TeamNames } from './dns/index.js';
import type { AddressBook } from './http/address-book.js';
import { Endpoint, type EndpointLimits } from './http/endpoint.js';
import { MemoryBudget } from './http/memory-budget.js';
import { LoopWatch, type LoopClock } from './loop-watch.js';
import type { ProberMetrics } from './metrics.js';
import { Plan, type Spike } from './plan.js';
import { ProbeSender, type SenderLimits } from './probe-sender.js';
import { Quarantine } from './quarantine/quarantine.js';
import type { BatchSource } from './reporter.js';
import { TeamResults } from './result-buffer.js';
import type { OriginSender, OwnershipMonitor } from './ownership/index.js';
import { LocalService } from './service-client/local-service.js';
import { OwnedService } from './service-client/owned-service.js';
import type { ServiceClient } from './service-client/service-client.js';
import { TeamProbing } from './team-probing.js';
import { WallTime } from './wall-time.js';
import { WorkMeter, type WorkBudget } from './work-meter.js';

export interface ProberOptions extends SenderLimits {
  gameId: string;
  proberId: string;
  /** Epoch of this start: larger than that of any earlier start of the same prober. */
  epoch: number;
  /** Time from the start to the first request. */
  startMarginMs: number;
  /** How often a team's watermark is sent at least while the game runs. */
  watermarkEveryMs: number;
  /** Concurrent requests, and requests waiting for one of those to end, per endpoint. */
  maxInFlight: number;
  maxQueued: number;
  /** Bytes of unfinished answers, per endpoint and in total. */
  maxHeldBytesPerEndpoint: number;
  maxHeldBytes: number;
  /** How much of the prober's time one team's answers may take. */
  work: WorkBudget;
}

export const PROBER_DEFAULTS: Omit<ProberOptions, 'gameId' | 'proberId' | 'epoch'> = {
  startMarginMs: 200,
  maxLagMs: 50,
  maxDoubtMs: 50,
  maxPendingResults: 500_000,
  watermarkEveryMs: 250,
  maxInFlight: 256,
  maxQueued: 1024,
  maxHeldBytesPerEndpoint: 16 * 1024 * 1024,
  maxHeldBytes: 256 * 1024 * 1024,
  // A normal answer takes 0.05 ms to read.
  work: { perRequestUs: 3_000, capacityUs: 100_000 },
};

/**
 * A tick sends everything that is due within this time. A wake of the process costs as much as several requests, so one wake
 * serves the requests that are close together. No request is earlier than this.
 */
const EARLY_US = 2_500;
/** Timers are set to whole milliseconds and fire up to one late; half of that is expected, ms. */
const TIMER_LATE_MS = 0.5;
/** Longest pause between two ticks: while the game runs or requests are in flight, and otherwise, ms. */
const BUSY_PAUSE_MS = 5;
const IDLE_PAUSE_MS = 20;
const LOOK_AT_METERS_EVERY_US = 100_000;

export interface ProberParts {
  clock: PreciseClock;
  /** Generates `{{uuid}}`. */
  uuid: () => string;
  loop: {
    /** How long the event loop has waited for events since it started, microseconds. */
    idleUs: () => number;
    /** Calls back at the end of the loop's current round of deliveries (`setImmediate`). */
    afterRound: (done: () => void) => void;
  };
  net: {
    /** Finds the addresses of one team's endpoints. */
    bookOf: (teamId: string) => AddressBook;
    /** Looks up the names of one team's endpoints before they take effect. Default: they take effect immediately. */
    namesOf?: (teamId: string) => Pick<TeamNames, 'resolve'>;
    /** The `User-Agent` header of requests. */
    userAgent: string;
  };
  metrics: ProberMetrics;
  /** Called when a team is put into quarantine, and when the thread there ended by itself. */
  onQuarantine?: (news: { teamId: string } | { error: unknown }) => void;
  /** Default: the built worker beside this module. */
  quarantineWorkerUrl?: URL;
  /** Default: no endpoint needs a proof. */
  ownership?: OwnershipMonitor;
}

/**
 * The customers of one game. `tick` advances time; requests go out on the open-loop plan, whatever earlier ones
 * do; results wait in per-team buffers until the reporter drains them.
 */
export class Prober implements GameListener, BatchSource {
  private readonly time: WallTime;
  private readonly watch: LoopWatch;
  private readonly memory: MemoryBudget;
  private readonly quarantine: Quarantine;
  private quarantineLookedUs = -Infinity;
  private readonly teams: TeamProbing[] = [];
  private readonly byTeam = new Map<string, TeamProbing>();
  private game: { scenario: Scenario; schedule: GameSchedule; sender: ProbeSender } | null = null;
  private plan: Plan<TeamProbing> | null = null;
  private readonly spikes = new Map<string, Spike<TeamProbing>>();
  /** The start boundary, epoch ms; null before `start`. */
  private startAt: number | null = null;

  constructor(
    private readonly options: ProberOptions,
    private readonly parts: ProberParts,
  ) {
    const { clock, loop } = parts;
    const loopClock: LoopClock = { monotonicUs: () => clock.monotonicUs(), idleUs: loop.idleUs };
    this.time = new WallTime(clock);
    this.watch = new LoopWatch(loopClock, loop.afterRound);
    this.memory = new MemoryBudget(options.maxHeldBytes);
    this.quarantine = new Quarantine({
      monotonicUs: () => clock.monotonicUs(),
      onCrash: (error) => parts.onQuarantine?.({ error }),
      ...(parts.quarantineWorkerUrl ? { workerUrl: parts.quarantineWorkerUrl } : {}),
    });
  }

  get inFlight(): number {
    return this.game?.sender.inFlight ?? 0;
  }

  get pending(): number {
    return this.game?.sender.pending ?? 0;
  }

  /** Number of teams whose answers the quarantine thread reads. */
  get quarantined(): number {
    return this.teams.filter(({ isQuarantined }) => isQuarantined).length;
  }

  get heldBytes(): number {
    return this.memory.used;
  }

  created(scenario: Scenario): void {
    const { uuid, metrics } = this.parts;
    this.game = {
      scenario,
      schedule: GameSchedule.lobby(scenario.pay.windowMs),
      sender: new ProbeSender(scenario, this.options, this.time, this.watch, uuid, metrics),
    };
  }

  teamAdded(teamId: string): void {
    if (this.game === null || this.byTeam.has(teamId)) return;
    const { scenario } = this.game;
    const { gameId, proberId, epoch } = this.options;
    const serviceIds = scenario.services.map(({ id }) => id);
    const results = new TeamResults({ gameId, teamId, serviceIds, proberId, epoch }, scenario.pay.windowMs);
    const meter = new WorkMeter(this.options.work);
    const book = this.parts.net.bookOf(teamId);
    const open = (url: string, serviceId: string, isQuarantined: boolean): ServiceClient =>
      this.owned(teamId, serviceId, url, (at) =>
        isQuarantined
          ? this.openQuarantined(at, scenario, teamId, book)
          : this.open(at, scenario, meter, book),
      );
    const names = this.parts.net.namesOf?.(teamId);
    const probing = new TeamProbing(teamId, serviceIds, results, meter, open, names);
    this.teams.push(probing);
    this.byTeam.set(teamId, probing);
  }

  endpointChanged(teamId: string, serviceId: string, url: string | null): void {
    const services = this.game?.scenario.services ?? [];
    const serviceIndex = services.findIndex(({ id }) => id === serviceId);
    if (serviceIndex >= 0) this.byTeam.get(teamId)?.setEndpoint(serviceIndex, url);
  }

  scheduleChanged(schedule: GameSchedule): void {
    if (this.game !== null) this.game.schedule = schedule;
    this.plan?.reschedule(schedule);
  }

  /**
   * Increases the load of one team's service by `percent` percent until `endSpike`. Repeatable.
   * @throws PaydayError `unknown_team`, `unknown_service`, `no_game` (retryable: the game is not known yet).
   */
  beginSpike(id: string, teamId: string, serviceId: string, percent: number): void {
    if (this.game === null)
      throw new PaydayError('no_game', 'the game is not known yet; try again', { retryable: true });
    const team = this.byTeam.get(teamId);
    if (team === undefined) throw new PaydayError('unknown_team', `the game has no team "${teamId}"`);
    const serviceIndex = this.game.scenario.services.findIndex((service) => service.id === serviceId);
    if (serviceIndex < 0) throw new PaydayError('unknown_service', `the game has no service "${serviceId}"`);
    const spike = { id, team, serviceIndex, percent };
    this.spikes.set(id, spike);
    this.plan?.addSpike(spike);
  }

  endSpike(id: string): void {
    this.spikes.delete(id);
    this.plan?.removeSpike(id);
  }

  /** Resolves when the lookups for all current endpoints have ended, with whatever result. */
  async namesLookedUp(): Promise<void> {
    await Promise.all(this.teams.map((probing) => probing.settled()));
  }

  /** Starts probing. Call it once all past events are handled, so that no request follows an old state. */
  start(): void {
    this.startAt = this.nowMs() + this.options.startMarginMs;
    this.parts.ownership?.start();
  }

  /**
   * One time step: ends requests past their deadlines, then sends what is due. Between two steps the event loop must poll
   * its sockets.
   * @returns the pause until the next step, whole ms, 1 or more
   */
  tick(): number {
    this.watch.tick();
    this.step();
    return this.pauseMs();
  }

  /** Ends the time step. @param nextMs upper bound for the pause until the next one; default: unknown */
  rest(nextMs = Infinity): void {
    this.watch.rest(nextMs * 1000);
  }

  private step(): void {
    if (this.game === null || this.startAt === null) return;
    const { scenario, schedule, sender } = this.game;
    this.time.follow();
    const nowMs = Math.floor((this.time.nowUs() + EARLY_US) / 1000);
    if (this.plan === null) {
      this.plan = new Plan(scenario, schedule, Math.max(this.startAt, nowMs));
      for (const spike of this.spikes.values()) this.plan.addSpike(spike);
    }
    this.parts.ownership?.tick();
    sender.tick();
    this.quarantineRepeaters();
    this.plan.advance(nowMs, this.teams, (due) => sender.send(due));
  }

  /** Time until the next request is due, rounded down, since a timer never fires early. */
  private pauseMs(): number {
    if (this.game === null || this.startAt === null) return IDLE_PAUSE_MS;
    const nowMs = this.time.nowUs() / 1000;
    const isBusy = this.inFlight > 0 || this.game.schedule.stateAt(Math.floor(nowMs)) === 'running';
    const longestMs = isBusy ? BUSY_PAUSE_MS : IDLE_PAUSE_MS;
    const dueAt = this.plan?.nextDueBy(nowMs + longestMs) ?? Infinity;
    return Math.max(1, Math.min(longestMs, Math.floor(dueAt - nowMs - TIMER_LATE_MS)));
  }

  /**
   * Takes all waiting results, team by team and in order per team, and advances the watermarks. Time may pass between two
   * batches: each team's watermark is that of the moment at which its results are taken. Taken results count as pending until
   * `settled`.
   */
  *drain(): Generator<ProbeBatch> {
    if (this.game === null || this.plan === null) return;
    const { schedule } = this.game;
    const nowUs = this.time.nowUs();
    const state = schedule.stateAt(Math.floor(nowUs / 1000));
    for (const probing of this.teams) {
      const { results } = probing;
      // After the end, watermarks continue until one lies beyond it: then the game can be sealed.
      const isPublishing =
        state === 'running' ||
        state === 'paused' ||
        (state === 'ended' && results.watermark <= (schedule.endsAt ?? 0));
      const due = isPublishing && nowUs - probing.reportedAtUs >= this.options.watermarkEveryMs * 1000;
      if (results.count === 0 && !due) continue;
      probing.reportedAtUs = nowUs;
      yield* results.drain(isPublishing ? probing.tracker.advanceTo(this.plan.doneThrough) : 0);
    }
  }

  settled(results: number): void {
    this.game?.sender.settled(results);
  }

  /** Sends nothing more and closes every connection. */
  close(): void {
    this.startAt = null;
    for (const probing of this.teams) probing.close();
    void this.quarantine.close();
  }

  private nowMs(): number {
    return Math.floor(this.time.nowUs() / 1000);
  }

  /** Quarantines teams with repeated strikes; a single one may be bad luck. */
  private quarantineRepeaters(): void {
    const nowUs = this.parts.clock.monotonicUs();
    if (nowUs - this.quarantineLookedUs < LOOK_AT_METERS_EVERY_US) return;
    this.quarantineLookedUs = nowUs;
    for (const probing of this.teams) {
      if (probing.isQuarantined || probing.meter.strikes < 2) continue;
      probing.quarantine();
      this.parts.onQuarantine?.({ teamId: probing.teamId });
    }
  }

  /** The service at this URL, guarded by a check of its owner at its origin if the game asks for proofs. */
  private owned(
    teamId: string,
    serviceId: string,
    url: string,
    open: (url: string) => ServiceClient,
  ): ServiceClient {
    const service = open(url);
    const { ownership } = this.parts;
    if (ownership === undefined) return service;
    const { origin: at, pathname } = new URL(url);
    const origin = pathname === '/' ? service : open(at);
    const send: OriginSender['send'] = (request, onDone) => origin.sendRequest(request, onDone);
    const guard = ownership.guard(teamId, serviceId, { send });
    if (guard !== null) return new OwnedService(service, origin, guard, ownership);
    if (origin !== service) origin.destroy();
    return service;
  }

  private open(url: string, scenario: Scenario, meter: WorkMeter, book: AddressBook): ServiceClient {
    const { net, clock } = this.parts;
    const monotonicUs = (): number => clock.monotonicUs();
    const { userAgent } = net;
    return new LocalService(
      new Endpoint(url, this.limits(scenario), {
        book,
        watch: this.watch,
        meter,
        monotonicUs,
        userAgent,
        memory: this.memory,
      }),
    );
  }

  private openQuarantined(url: string, scenario: Scenario, teamId: string, book: AddressBook): ServiceClient {
    const { work } = this.options;
    const { userAgent } = this.parts.net;
    return this.quarantine.openEndpoint({
      teamId,
      url,
      limits: this.limits(scenario),
      work,
      userAgent,
      book,
    });
  }

  private limits({ probing }: Scenario): EndpointLimits {
    const { maxInFlight, maxQueued, maxHeldBytesPerEndpoint } = this.options;
    const { maxBodyBytes } = probing;
    return { maxInFlight, maxQueued, maxBodyBytes, maxHeldBytes: maxHeldBytesPerEndpoint };
  }
}

import { OUTCOMES, PROBE_BATCH_LIMITS, type CheckSpec, type Outcome, type Scenario } from '#contracts';
import { judge, renderRequest, type RenderedRequest } from '#scenario';
import { Deque } from './deque.js';
import { clip } from './http/clip.js';
import type { Exchange, ExchangeResult } from './http/exchange.js';
import type { ProberMetrics } from './metrics.js';
import type { Due } from './plan.js';
import type { Outstanding } from './promise-tracker.js';
import type { TeamLane } from './team-lane.js';
import type { WallTime } from './wall-time.js';

export interface SenderLimits {
  /** If the prober itself is later than this, what it measures is a `prober_error`. */
  maxLagMs: number;
  /** Beyond so many results that ingest has not accepted, nothing is sent. */
  maxPendingResults: number;
}

/** Room for the `prober_error`s of a full buffer, as a share of it. Beyond that they are only counted. */
const OVERFLOW_SHARE = 0.25;

/** A request from the moment it is due to its result. */
interface Probe extends Outstanding {
  lane: TeamLane;
  serviceIndex: number;
  checkId: string;
  request: RenderedRequest | null;
  exchange: Exchange | null;
  /** The prober stood still while this was under way: what it measured is not the team's doing. */
  disturbed: boolean;
}

/** Sends what is due, keeps the deadlines, judges the answers and records one result for each request. */
export class ProbeSender {
  /** In order of their deadlines, since all have the same time. */
  readonly #deadlines = new Deque<Probe>();
  readonly #checks: Map<string, CheckSpec>[];
  readonly #timeoutMs: number;
  #inFlight = 0;
  #pending = 0;
  #lastTickUs: number;

  constructor(
    scenario: Scenario,
    private readonly limits: SenderLimits,
    private readonly time: WallTime,
    private readonly uuid: () => string,
    private readonly metrics: ProberMetrics,
  ) {
    this.#checks = scenario.services.map(
      (service) => new Map(service.checks.map((check) => [check.id, check])),
    );
    this.#timeoutMs = scenario.probing.timeoutMs;
    this.#lastTickUs = time.nowUs();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Results that were recorded and are not settled. */
  get pending(): number {
    return this.#pending;
  }

  /** So many results were accepted by ingest, or given up. */
  settled(results: number): void {
    this.#pending -= results;
  }

  /**
   * One step of time: ends what is over its deadline.
   * @param clockStepped the wall clock was set since the last tick.
   */
  tick(nowUs: number, clockStepped: boolean): void {
    if (clockStepped || this.#standsStill(nowUs)) for (const probe of this.#deadlines) probe.disturbed = true;
    this.#lastTickUs = nowUs;
    const overdue = nowUs / 1000 - this.#timeoutMs;
    for (;;) {
      const probe = this.#deadlines.peek();
      if (probe === undefined || (!probe.concluded && probe.intendedAt > overdue)) return;
      this.#deadlines.shift();
      if (!probe.concluded) probe.exchange?.timeOut(`no answer within ${this.#timeoutMs} ms`);
    }
  }

  /** Sends one request now, or records at once why it can't be. */
  send({ team: lane, serviceIndex, intendedAt, arrival }: Due<TeamLane>): void {
    const { checkId, caseIndex } = arrival;
    const probe: Probe = {
      lane,
      serviceIndex,
      intendedAt,
      checkId,
      request: null,
      exchange: null,
      concluded: false,
      disturbed: false,
    };
    lane.tracker.begin(probe);
    this.#inFlight++;
    const lagMs = this.time.nowUs() / 1000 - intendedAt;
    this.metrics.scheduleLag.observe(Math.max(0, lagMs) / 1000);
    if (lagMs > this.limits.maxLagMs || this.#pending >= this.limits.maxPendingResults)
      return this.#conclude(probe, 'prober_error');
    const request = renderRequest(this.#checks[serviceIndex]!.get(checkId)!, caseIndex, this.uuid());
    probe.request = request;
    const target = lane.target(serviceIndex);
    if (target === null) return this.#conclude(probe, 'no_endpoint', 'no endpoint is registered');
    if ('problem' in target) return this.#conclude(probe, 'connect_error', target.problem);
    const exchange = target.endpoint.send(request, (result) => this.#judge(probe, result));
    if (probe.concluded) return;
    probe.exchange = exchange;
    this.#deadlines.push(probe);
  }

  #judge(probe: Probe, result: ExchangeResult): void {
    if (result.kind === 'failure') return this.#conclude(probe, result.outcome, result.got);
    const judgement = judge(probe.request!.expect, result);
    if (judgement.ok) this.#conclude(probe, 'ok');
    else this.#conclude(probe, judgement.outcome, judgement.got, judgement.expected);
  }

  #conclude(probe: Probe, outcome: Outcome, got = '', expected?: string): void {
    const nowUs = this.time.nowUs();
    const sent = probe.exchange !== null || outcome === 'ok';
    const real: Outcome = sent && (probe.disturbed || this.#standsStill(nowUs)) ? 'prober_error' : outcome;
    const { lane, serviceIndex, intendedAt, checkId, request } = probe;
    probe.concluded = true;
    // The deadline queue may hold the probe for a while: let go of what is large.
    probe.exchange = null;
    probe.request = null;
    this.#inFlight--;
    this.metrics.results.inc({ outcome: real });
    if (this.#pending >= this.limits.maxPendingResults * (1 + OVERFLOW_SHARE)) {
      this.metrics.dropped.inc({ reason: 'overflow' });
      return;
    }
    this.#pending++;
    const explain = real !== 'ok' && real !== 'prober_error' && request !== null;
    lane.results.add(serviceIndex, {
      intendedAt,
      latencyUs: Math.min(
        Math.max(0, Math.round(nowUs - intendedAt * 1000)),
        PROBE_BATCH_LIMITS.maxLatencyUs,
      ),
      outcome: OUTCOMES.indexOf(real),
      sample: explain
        ? () => ({
            checkId,
            request: clip(`${request.method} ${request.path}`),
            expected: clip(expected ?? `status ${request.expect.status} within ${this.#timeoutMs} ms`),
            got: clip(got),
          })
        : null,
    });
  }

  /** No tick came for so long that answers may have waited for us, not we for them. */
  #standsStill(nowUs: number): boolean {
    return nowUs - this.#lastTickUs > this.limits.maxLagMs * 1000;
  }
}

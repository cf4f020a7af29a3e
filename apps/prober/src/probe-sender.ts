import { OUTCOMES, PROBE_BATCH_LIMITS, type Outcome, type Scenario } from '#contracts';
import { clip } from './http/clip.js';
import type { CustomerRequest } from './http/customer-request.js';
import type { Timing } from './http/exchange.js';
import type { LoopWatch } from './loop-watch.js';
import type { ProberMetrics } from './metrics.js';
import type { Due } from './plan.js';
import type { Outstanding } from './watermark-tracker.js';
import { RequestRenderer } from './request-renderer.js';
import type { Call, Verdict } from './service-client/service-client.js';
import type { TeamProbing } from './team-probing.js';
import { Verdicts } from './verdicts.js';
import type { WallTime } from './wall-time.js';

export interface SenderLimits {
  /** A request that is later than this is not sent but recorded as `prober_error`. */
  maxLagMs: number;
  /** A good answer is a `prober_error` if the prober's own uncertainty about its time of arrival exceeds this and its pay depends on it. */
  maxDoubtMs: number;
  /** Nothing is sent while more results than this are unaccepted by ingest. */
  maxPendingResults: number;
}

/** Extra room for the `prober_error`s of a full buffer, as a share of it. Beyond that they are only counted. */
const OVERFLOW_SHARE = 0.25;

/** A request from its due time to its result. */
interface Probe extends Outstanding {
  probing: TeamProbing;
  serviceIndex: number;
  checkId: string;
  /** Monotonic; the deadline is relative to it. */
  sentUs: number;
  request: CustomerRequest | null;
  call: Call | null;
}

/** Sends what is due, enforces the deadlines, and records one result per request. */
export class ProbeSender {
  /** In order of their deadlines, since all have the same timeout. Concluded requests are not kept: they would live longer than needed. */
  private readonly deadlines = new Set<Probe>();
  /** Past their deadlines, except for the delay that the prober itself has added. */
  private extended: Probe[] = [];
  private readonly renderer: RequestRenderer;
  private readonly verdicts: Verdicts;
  private readonly timeoutMs: number;
  private readonly timeoutUs: number;
  private inFlightCount = 0;
  private pendingCount = 0;

  constructor(
    scenario: Scenario,
    private readonly limits: SenderLimits,
    private readonly time: WallTime,
    private readonly watch: LoopWatch,
    uuid: () => string,
    private readonly metrics: ProberMetrics,
  ) {
    this.renderer = new RequestRenderer(scenario, uuid);
    this.verdicts = new Verdicts(scenario, limits.maxDoubtMs);
    this.timeoutMs = scenario.probing.timeoutMs;
    this.timeoutUs = this.timeoutMs * 1000;
  }

  get inFlight(): number {
    return this.inFlightCount;
  }

  /** Results that are recorded but not settled. */
  get pending(): number {
    return this.pendingCount;
  }

  /** Records that ingest has accepted this many results, or that they are lost. */
  settled(results: number): void {
    this.pendingCount -= results;
  }

  /**
   * One time step: ends requests past their deadlines, but only if the loop has polled since: an answer that arrived in time may still
   * be waiting to be read.
   */
  tick(): void {
    const overdueUs = this.watch.lookedUs - this.timeoutUs;
    for (const probe of this.deadlines) {
      if (probe.sentUs > overdueUs) break;
      this.deadlines.delete(probe);
      this.expire(probe, overdueUs);
    }
    if (this.extended.length === 0) return;
    for (const probe of this.extended.splice(0)) this.expire(probe, overdueUs);
  }

  /** Sends one request now, or immediately records why it can't. */
  send({ team: probing, serviceIndex, intendedAt, arrival }: Due<TeamProbing>): void {
    const { checkId, caseIndex } = arrival;
    const probe: Probe = {
      probing,
      serviceIndex,
      intendedAt,
      checkId,
      sentUs: this.time.monotonicUs(),
      request: null,
      call: null,
      concluded: false,
    };
    probing.tracker.begin(probe);
    this.inFlightCount++;
    const lagMs = this.time.nowUs() / 1000 - intendedAt;
    this.metrics.scheduleLag.observe(Math.max(0, lagMs * 1000));
    if (lagMs > this.limits.maxLagMs || this.pendingCount >= this.limits.maxPendingResults)
      return this.record(probe, 'prober_error', 0);
    const request = this.renderer.render(serviceIndex, checkId, caseIndex);
    probe.request = request;
    const target = probing.target(serviceIndex);
    if (target === null) return this.record(probe, 'no_endpoint', 0, 'no endpoint is registered');
    if ('problem' in target) return this.record(probe, 'connect_error', 0, target.problem);
    const call = target.service.call(request, (verdict, timing) => this.conclude(probe, verdict, timing));
    if (probe.concluded) return;
    probe.call = call;
    this.deadlines.add(probe);
  }

  private expire(probe: Probe, overdueUs: number): void {
    if (probe.concluded) return;
    const { call, sentUs } = probe;
    if (call === null || sentUs + call.ownUs <= overdueUs)
      call?.timeOut(`no answer within ${this.timeoutMs} ms`);
    else this.extended.push(probe);
  }

  private conclude(probe: Probe, { outcome, got, expected }: Verdict, timing: Timing): void {
    const { earliestUs, latestUs, ownUs } = timing;
    // A team whose own answers kept the prober busy has not been waiting for it.
    const selfUs = probe.probing.meter.recentUs(this.watch.round);
    const latest = latestUs - probe.sentUs;
    const earliest = Math.max(0, Math.min(latest, earliestUs + selfUs - probe.sentUs - ownUs));
    if (outcome !== 'ok') return this.record(probe, outcome, earliest, got, expected);
    const verdict = this.verdicts.ofGoodAnswer(earliest, latest);
    this.record(
      probe,
      verdict,
      earliest,
      verdict === 'timeout' ? `no answer within ${this.timeoutMs} ms` : got,
    );
  }

  private record(probe: Probe, outcome: Outcome, latencyUs: number, got = '', expected?: string): void {
    const { probing, serviceIndex, intendedAt, checkId, request } = probe;
    probe.concluded = true;
    const code = OUTCOMES.indexOf(outcome);
    this.deadlines.delete(probe);
    // The tracker may keep the probe for a while, so release what is large.
    probe.call = null;
    probe.request = null;
    this.inFlightCount--;
    this.metrics.results.count(code);
    if (this.pendingCount >= this.limits.maxPendingResults * (1 + OVERFLOW_SHARE)) {
      this.metrics.dropped.inc({ reason: 'overflow' });
      return;
    }
    this.pendingCount++;
    const explain = outcome !== 'ok' && outcome !== 'prober_error' && request !== null;
    probing.results.add(serviceIndex, {
      intendedAt,
      latencyUs: Math.min(Math.round(latencyUs), PROBE_BATCH_LIMITS.maxLatencyUs),
      outcome: code,
      sample: explain
        ? () => ({
            checkId,
            request: clip(`${request.method} ${request.path}`),
            expected: clip(expected ?? `status ${request.expect.status} within ${this.timeoutMs} ms`),
            got: clip(got),
          })
        : null,
    });
  }
}

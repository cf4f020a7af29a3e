import fc from 'fast-check';
import { Registry } from 'prom-client';
import { OUTCOMES, type Outcome, type Scenario } from '#contracts';
import type { PreciseClock } from '#kernel';
import { buildScenario } from '#testing';
import { LoopWatch } from './loop-watch.js';
import { createProberMetrics } from './metrics.js';
import { ProbeSender } from './probe-sender.js';
import { PROBER_DEFAULTS } from './prober.js';
import { TeamResults } from './result-buffer.js';
import type { Call, ServiceClient, Verdict } from './service-client/service-client.js';
import { TeamProbing } from './team-probing.js';
import { WallTime } from './wall-time.js';
import { WorkMeter } from './work-meter.js';

const scenario = buildScenario();
const { timeoutMs } = scenario.probing;
const TICK_US = 1_000;
const EVERY_MS = 25;

/** The process does other work for a while, or is preempted while it waits. */
interface Stutter {
  atMs: number;
  lengthMs: number;
  kind: 'work' | 'preempted';
}

/**
 * An event loop in virtual time, modelled on libuv: timers, then a poll that delivers what has arrived or waits for the first arrival,
 * then `setImmediate`. Every callback takes a little time, and stutters take more.
 */
class LoopModel implements PreciseClock {
  nowUs = 0;
  idle = 0;
  private events: { atUs: number; run: () => void }[] = [];
  private readonly immediates: (() => void)[] = [];
  private nextTickUs = 0;

  private readonly stutters: Stutter[];

  constructor(
    stutters: readonly Stutter[],
    private readonly callbackUs: number,
  ) {
    this.stutters = [...stutters].sort((a, b) => a.atMs - b.atMs);
  }

  readonly nowMs = (): number => Math.floor(this.nowUs / 1000);
  readonly monotonicUs = (): number => Math.floor(this.nowUs);
  readonly monotonicMs = (): number => this.nowUs / 1000;
  readonly idleUs = (): number => this.idle;
  readonly afterRound = (run: () => void): void => void this.immediates.push(run);

  /** Schedules an arrival at a socket. */
  arrives(atUs: number, run: () => void): void {
    this.events.push({ atUs, run });
  }

  run(untilUs: number, tick: () => void): void {
    while (this.nowUs < untilUs) {
      if (this.nowUs >= this.nextTickUs) {
        this.nextTickUs = this.nowUs + TICK_US;
        tick();
      }
      this.work();
      this.poll();
      for (const immediate of this.immediates.splice(0)) immediate();
    }
  }

  private poll(): void {
    const firstUs = this.events.reduce((least, { atUs }) => Math.min(least, atUs), Infinity);
    if (firstUs > this.nowUs) {
      const wakeUs = Math.min(this.nextTickUs, firstUs);
      const before = this.nowUs;
      this.nowUs = Math.max(this.nowUs, wakeUs);
      while (this.stutters[0]?.kind === 'preempted' && this.stutters[0].atMs * 1000 <= this.nowUs)
        this.nowUs += this.stutters.shift()!.lengthMs * 1000;
      this.idle += this.nowUs - before;
    }
    // One poll finds what is there when it returns; what arrives during its deliveries waits for the next one.
    const found = this.events.filter(({ atUs }) => atUs <= this.nowUs).sort((a, b) => a.atUs - b.atUs);
    if (found.length === 0) return;
    this.events = this.events.filter((event) => !found.includes(event));
    for (const event of found) {
      this.work();
      event.run();
      this.nowUs += this.callbackUs;
    }
  }

  private work(): void {
    while (this.stutters[0]?.kind === 'work' && this.stutters[0].atMs * 1000 <= this.nowUs)
      this.nowUs += this.stutters.shift()!.lengthMs * 1000;
  }
}

type Behaviour = 'hangs' | 'refuses' | 'none' | { afterUs: number };

interface Row {
  team: number;
  intendedAt: number;
  outcome: Outcome;
  latencyUs: number;
}

/** Plays requests for `lengthMs`, the same for every team, and waits for all results. */
function play(
  scenario: Scenario,
  behaviours: Behaviour[],
  stutters: Stutter[],
  lengthMs: number,
  callbackUs = 20,
): Row[] {
  const loop = new LoopModel(stutters, callbackUs);
  const watch = new LoopWatch({ monotonicUs: loop.monotonicUs, idleUs: loop.idleUs }, loop.afterRound);
  const metrics = createProberMetrics(new Registry());
  const sender = new ProbeSender(scenario, PROBER_DEFAULTS, new WallTime(loop), watch, () => 'uuid', metrics);
  const probings = behaviours.map((behaviour, team) => {
    const identity = {
      gameId: 'g',
      teamId: String(team),
      serviceIds: ['router', 'catalog'],
      proberId: 'p',
      epoch: 1,
    };
    const meter = new WorkMeter(PROBER_DEFAULTS.work);
    const probing = new TeamProbing(
      String(team),
      ['router', 'catalog'],
      new TeamResults(identity, 5_000),
      meter,
      () => service(loop, watch, behaviour),
    );
    if (behaviour !== 'none') probing.setEndpoint(0, 'http://x');
    return probing;
  });
  let due = 0;
  const stuttersMs = stutters.reduce((sum, { lengthMs: ms }) => sum + ms, 0);
  loop.run((lengthMs + timeoutMs + stuttersMs + 500) * 1000, () => {
    watch.tick();
    sender.tick();
    for (; due < lengthMs && due * 1000 <= loop.nowUs + 500; due += EVERY_MS)
      for (const team of probings) {
        const arrival = { checkId: 'home', caseIndex: 0, offsetMs: 0 };
        sender.send({ team, serviceIndex: 0, intendedAt: due, arrival: arrival as never, spikeId: null });
        loop.nowUs += 10;
      }
    watch.rest(TICK_US + 1_000);
  });
  expect(sender.inFlight).toBe(0);
  return probings.flatMap((probing, team) =>
    probing.results.drain(0).flatMap((batch) =>
      Array.from(batch.offsetMs, (offset, i) => ({
        team,
        intendedAt: batch.baseIntendedAtMs + offset,
        outcome: OUTCOMES[batch.outcome[i]!]!,
        latencyUs: batch.latencyUs[i]!,
      })),
    ),
  );
}

function service(loop: LoopModel, watch: LoopWatch, behaviour: Behaviour): ServiceClient {
  return {
    call(_request, onVerdict): Call {
      let done = false;
      const conclude = (verdict: Verdict): void => {
        if (done) return;
        done = true;
        const nowUs = loop.monotonicUs();
        const arrival =
          verdict.outcome === 'timeout' ? { earliestUs: nowUs, latestUs: nowUs } : watch.measureArrival();
        onVerdict(verdict, { ...arrival, ownUs: 0 });
      };
      if (behaviour === 'refuses')
        loop.arrives(loop.nowUs + 50, () => conclude({ outcome: 'connect_error', got: 'ECONNREFUSED' }));
      else if (typeof behaviour === 'object')
        loop.arrives(loop.nowUs + behaviour.afterUs, () => conclude({ outcome: 'ok', got: '' }));
      return { ownUs: 0, timeOut: (got) => conclude({ outcome: 'timeout', got }) };
    },
    sendRequest: () => {
      throw new Error('nothing is asked');
    },
    retire: () => {},
    destroy: () => {},
  };
}

const counts = (rows: Row[], team: number): Record<string, number> => {
  const out: Record<string, number> = {};
  for (const row of rows) if (row.team === team) out[row.outcome] = (out[row.outcome] ?? 0) + 1;
  return out;
};

const bounds = [
  ...scenario.pay.speedBands.map(({ upToMs }) => upToMs).filter((ms) => ms < timeoutMs),
  timeoutMs,
];
const bandOf = (us: number): number => {
  const index = bounds.findIndex((upToMs) => us <= upToMs * 1000);
  return index < 0 ? bounds.length : index;
};
const stutters = fc.array(
  fc.record({
    atMs: fc.integer({ min: 0, max: 3_000 }),
    lengthMs: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 60, max: 1_500 })),
    kind: fc.constantFrom('work' as const, 'preempted' as const),
  }),
  { maxLength: 12 },
);
/** A preempted process can tell when it should have woken only from its next tick. */
const BLUR_US = TICK_US + 1_000;

// Shrinking takes minutes here; the seed and the counterexample are printed anyway.
fc.configureGlobal({ numRuns: 60, endOnFailure: true });

describe('whatever stutters', () => {
  it('equal failures cost equal money: hanging, refusing and being absent', () => {
    fc.assert(
      fc.property(stutters, (list) => {
        const rows = play(scenario, ['hangs', 'refuses', 'none'], list, 3_000);
        const [hangs, refuses, none] = [0, 1, 2].map((team) => counts(rows, team));
        const { timeout = 0, ...hangsElse } = hangs!;
        const { connect_error: refused = 0, ...refusesElse } = refuses!;
        const { no_endpoint: missing = 0, ...noneElse } = none!;
        // A request that could not be sent in time counts for nobody; teams that are served one after the other can differ by one.
        const slack = list.length + 1;
        expect(Math.abs(timeout - refused)).toBeLessThanOrEqual(slack);
        expect(Math.abs(missing - refused)).toBeLessThanOrEqual(slack);
        for (const others of [hangsElse, refusesElse, noneElse])
          expect(Object.keys(others).every((outcome) => outcome === 'prober_error')).toBe(true);
      }),
    );
  });

  it('a request to a hanging service is a timeout, however long the loop did not poll', () => {
    const rows = play(scenario, ['hangs'], [{ atMs: 300, lengthMs: 5_000, kind: 'work' }], 301);
    expect(counts(rows, 0)).toEqual({ timeout: 13 });
  });

  it('a good answer is never worth less than the truth, nor its latency more', () => {
    const latencies = fc.oneof(
      fc.integer({ min: 100, max: 60_000 }),
      fc.integer({ min: 60_000, max: (timeoutMs + 200) * 1000 }),
    );
    fc.assert(
      fc.property(stutters, fc.array(latencies, { minLength: 1, maxLength: 4 }), (list, afters) => {
        const rows = play(
          scenario,
          afters.map((afterUs) => ({ afterUs })),
          list,
          3_000,
        );
        for (const { team, outcome, latencyUs } of rows) {
          const truth = afters[team]!;
          if (outcome === 'prober_error') continue;
          expect(latencyUs).toBeLessThanOrEqual(truth + BLUR_US);
          const worse = outcome === 'timeout' ? bounds.length : bandOf(Math.max(0, latencyUs - BLUR_US));
          expect(worse).toBeLessThanOrEqual(bandOf(truth));
        }
      }),
    );
  });

  it('without stutter every answer is dated to the microsecond, except for the work of a callback', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 200, max: 900_000 }), { minLength: 1, maxLength: 6 }),
        (afters) => {
          const rows = play(
            scenario,
            afters.map((afterUs) => ({ afterUs })),
            [],
            500,
            5,
          );
          for (const { team, outcome, latencyUs } of rows) {
            expect(outcome).toBe('ok');
            expect(Math.abs(latencyUs - afters[team]!)).toBeLessThanOrEqual(150);
          }
        },
      ),
    );
  });

  it('an answer is not scored only if the uncertainty is large and its pay depends on it', () => {
    const bound = bounds[0]! * 1000;
    const stall = { atMs: 0, lengthMs: 0, kind: 'work' as const };
    // In flight when the stall begins, and paid the same however long it took: paid.
    const fast = play(scenario, [{ afterUs: 5_000 }], [{ ...stall, atMs: 1, lengthMs: bounds[0]! - 10 }], 1);
    expect(counts(fast, 0)).toEqual({ ok: 1 });
    // It arrived within the first band or beyond it, and there is no way to tell.
    const unclear = play(
      scenario,
      [{ afterUs: bound - 1_000 }],
      [{ ...stall, atMs: 1, lengthMs: bounds[0]! + 60 }],
      1,
    );
    expect(counts(unclear, 0)).toEqual({ prober_error: 1 });
    // The same with an uncertainty of 40 ms: the better side.
    const better = play(
      scenario,
      [{ afterUs: bound - 1_000 }],
      [{ ...stall, atMs: bounds[0]! - 20, lengthMs: 40 }],
      1,
    );
    expect(counts(better, 0)).toEqual({ ok: 1 });
    expect(better[0]!.latencyUs).toBeLessThanOrEqual(bound);
  });
});

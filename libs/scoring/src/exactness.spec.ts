import fc from 'fast-check';
import { OUTCOMES, type GameEvent, type Outcome, type ProbeBatch, type Role } from '#contracts';
import { randomStream } from '#kernel';
import {
  EventBuilder,
  ScoreDriver,
  buildBatch,
  buildScenario,
  naiveLedger,
  naiveRequests,
  naiveSalaries,
  type PlainResult,
} from '#testing';

const GAME = 'g';
const START = 1_700_000_000_000;
const TEAMS = ['ants', 'bees', 'cats'];
const SERVICES = ['router', 'catalog'];
const scenario = buildScenario();

const resultArb: fc.Arbitrary<PlainResult> = fc
  .record({
    teamId: fc.constantFrom(...TEAMS),
    other: fc.constantFrom(...TEAMS),
    role: fc.constantFrom<Role>('consumer', 'provider'),
    serviceId: fc.constantFrom(...SERVICES),
    // Sparse over the whole game, and dense within one second: adjacent results of one window are counted together.
    intendedAt: fc.oneof(
      fc.integer({ min: START - 1500, max: START + 27_000 }),
      fc.integer({ min: START + 4_900, max: START + 5_400 }),
    ),
    latencyUs: fc.integer({ min: 0, max: 400_000 }),
    outcome: fc.oneof(
      { weight: 3, arbitrary: fc.constant<Outcome>('ok') },
      { weight: 2, arbitrary: fc.constantFrom(...OUTCOMES) },
    ),
  })
  .map(({ other, ...result }) => ({ ...result, counterpartyId: other }));

/** Several probers, each of which may crash and return with a new epoch. */
interface Sent {
  prober: number;
  epoch: number;
  results: PlainResult[];
}

const sentArb: fc.Arbitrary<Sent> = fc.record({
  prober: fc.integer({ min: 0, max: 2 }),
  epoch: fc.integer({ min: 1, max: 2 }),
  results: fc.array(resultArb, { minLength: 1, maxLength: 40 }),
});

/** What happens to the delivery: order, repetition, splitting into steps, restarts, watermarks. */
const chaosArb = fc.record({
  order: fc.string(),
  duplicateEvery: fc.integer({ min: 2, max: 9 }),
  restartEvery: fc.integer({ min: 1, max: 12 }),
  stepSize: fc.integer({ min: 1, max: 8 }),
  watermarks: fc.boolean(),
});

type Pause = { from: number; length: number; lateBy: number } | null;
const pauseArb: fc.Arbitrary<Pause> = fc.option(
  fc.record({
    from: fc.integer({ min: 1, max: 10 }),
    length: fc.integer({ min: 1, max: 5 }),
    lateBy: fc.integer({ min: 0, max: 60 }),
  }),
);

/** An excuse may precede its team or the start, be replaced, shrink, grow or move, and arrive too late. */
interface Excusal {
  id: string;
  teamId: string;
  serviceId: string;
  from: number;
  windows: number | null;
  /** Its position among the other events, in percent. */
  place: number;
}

const excusalArb: fc.Arbitrary<Excusal> = fc.record({
  id: fc.constantFrom('e1', 'e2', 'e3'),
  teamId: fc.constantFrom(...TEAMS),
  serviceId: fc.constantFrom(...SERVICES, ...SERVICES, 'nope'),
  from: fc.integer({ min: -1, max: 26 }),
  windows: fc.option(fc.integer({ min: 0, max: 12 })),
  place: fc.integer({ min: 0, max: 110 }),
});

/** The events interleaved with the excusals, and the seal, which some excusals may follow. */
function gameEvents(pause: Pause, excusals: readonly Excusal[]): GameEvent[] {
  const others = controlEvents(pause);
  const seal = {
    ...new EventBuilder(GAME).make('dev.payday.game.sealed', { sealedAt: START + 60_000 }),
    sequence: 99,
  };
  const make = new EventBuilder(GAME, '/chaos-orchestrator');
  const told = [...excusals]
    .sort((a, b) => a.place - b.place)
    .map(({ id, teamId, serviceId, from, windows, place }) => {
      const fromAt = START + from * 1000;
      const untilAt = windows === null ? null : fromAt + windows * 1000;
      const data = { excuseId: id, teamId, serviceId, fromAt, untilAt, reason: 'not their fault' };
      return { place, event: make.make('dev.payday.windows.excused', data) };
    });
  const placed = [...others, seal].map((event, index) => ({
    place: event === seal ? 100 : index === 0 ? -1 : (index * 100) / others.length,
    event,
  }));
  return [...placed, ...told].sort((a, b) => a.place - b.place).map(({ event }) => event);
}

function controlEvents(pause: Pause): GameEvent[] {
  const make = new EventBuilder(GAME);
  const events = [
    make.created(scenario),
    make.team('ants'),
    make.team('bees'),
    make.make('dev.payday.game.scheduled', { startsAt: START, endsAt: START + 20_000 }),
    make.make('dev.payday.adjustment.made', {
      adjustmentId: 'a1',
      teamId: 'bees',
      cents: -500,
      reason: 'used the wrong entrance',
      effectiveAt: START + 3200,
    }),
    // A team that joins mid-game.
    make.team('cats'),
  ];
  if (pause) {
    const fromAt = START + pause.from * 1000;
    const until = fromAt + pause.length * 1000;
    events.push(make.make('dev.payday.game.paused', { fromAt, reason: 'lunch' }));
    events.push(
      make.make('dev.payday.game.resumed', { fromAt: until, endsAt: START + 20_000 + pause.length * 1000 }),
    );
  }
  return events;
}

/** Batches as probers make them: one (team, role, service, counterparty) each, with seq per (prober, epoch, team). */
function toBatches(sent: readonly Sent[], watermarks: boolean): ProbeBatch[] {
  const seqs = new Map<string, number>();
  const out: ProbeBatch[] = [];
  for (const { prober, epoch, results } of sent) {
    const groups = new Map<string, PlainResult[]>();
    for (const r of results) {
      const key = [r.teamId, r.role, r.serviceId, r.counterpartyId].join('|');
      groups.set(key, [...(groups.get(key) ?? []), r]);
    }
    for (const group of groups.values()) {
      const counter = `${prober} ${epoch} ${group[0]!.teamId}`;
      const seq = seqs.get(counter) ?? 0;
      seqs.set(counter, seq + 1);
      const watermarkMs = watermarks ? Math.max(...group.map((r) => r.intendedAt)) : 0;
      out.push(buildBatch(GAME, group, { proberId: `p${prober}`, epoch, seq, watermarkMs }));
    }
  }
  return out;
}

const gameArb = fc.record({
  sent: fc.array(sentArb, { maxLength: 12 }),
  pause: pauseArb,
  excusals: fc.array(excusalArb, { maxLength: 6 }),
});

describe('invariant 2: the final ledger is a pure function of results, scenario and events', () => {
  it('equals the naive oracle to the cent under any order, repetition, batching, lateness, restart, pause, excuse and prober death', () => {
    fc.assert(
      fc.property(gameArb, chaosArb, ({ sent, pause, excusals }, chaos) => {
        const all = gameEvents(pause, excusals);
        // Results after the seal are refused, so all are sent before it.
        const sealAt = all.findIndex(({ type }) => type === 'dev.payday.game.sealed');
        const events = all.slice(0, sealAt);
        const driver = new ScoreDriver();
        const draw = randomStream(chaos.order, 'order').uint32;
        const batches = toBatches(sent, chaos.watermarks);
        const deliveries = batches.concat(batches.filter((_, i) => i % chaos.duplicateEvery === 0));
        const shuffled = deliveries
          .map((batch) => ({ batch, at: draw() }))
          .sort((a, b) => a.at - b.at)
          .map(({ batch }) => batch);

        // Events keep their order; their positions among the batches are random.
        const eventPlaces = events.map(() => draw() % (shuffled.length + 1)).sort((a, b) => a - b);
        let nextEvent = 0;
        let steps = 0;
        for (let i = 0; i <= shuffled.length;) {
          while (nextEvent < events.length && eventPlaces[nextEvent]! <= i)
            driver.event(events[nextEvent++]!);
          const chunk = shuffled.slice(i, i + chaos.stepSize);
          driver.feed(...chunk.map((batch) => ({ kind: 'batch' as const, batch })), {
            kind: 'tick',
            nowMs: START + steps * 700,
          });
          i += Math.max(1, chunk.length);
          if (++steps % chaos.restartEvery === 0) driver.restart();
        }
        while (nextEvent < events.length) driver.event(events[nextEvent++]!);
        for (const event of all.slice(sealAt)) driver.event(event);
        expect([...driver.scores.values()].map(({ final }) => final)).toEqual(TEAMS.map(() => true));

        const results = sent.flatMap((s) => s.results);
        const expected = naiveLedger(scenario, all, results);
        expect(sorted(driver.entries())).toEqual(sorted(expected));
        for (const [teamId, cents] of naiveSalaries(expected)) expect(driver.salary(teamId)).toBe(cents);
        for (const [teamId, score] of driver.scores)
          expect(score.requests).toEqual(naiveRequests(expected, teamId, SERVICES));
      }),
      { numRuns: Number(process.env['FC_RUNS'] ?? 300) },
    );
  });

  it('keeps salary equal to the sum of the ledger after every single step', () => {
    fc.assert(
      fc.property(gameArb, ({ sent, pause, excusals }) => {
        const driver = new ScoreDriver();
        const check = (): void => {
          const sums = naiveSalaries(driver.entries());
          for (const [teamId, score] of driver.scores) expect(score.salaryCents).toBe(sums.get(teamId) ?? 0);
        };
        const batches = toBatches(sent, true);
        for (const event of gameEvents(pause, excusals)) {
          driver.event(event);
          check();
          const batch = batches.shift();
          if (batch) driver.feed({ kind: 'batch', batch });
          check();
        }
      }),
      { numRuns: 100 },
    );
  });
});

function sorted(map: ReadonlyMap<string, unknown>): [string, unknown][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

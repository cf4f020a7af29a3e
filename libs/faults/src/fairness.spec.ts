import fc from 'fast-check';
import type { FaultInfo, FaultState } from '#contracts';
import { FaultHistory, chaosReport, type FaultCourse } from './fairness.js';
import type { TeamStanding } from './tally.js';

const START = 1_700_000_000_000;

function info(teamId: string, state: FaultState, overrides: Partial<FaultInfo> = {}): FaultInfo {
  const injectionId = overrides.injectionId ?? 'one';
  return {
    id: `${injectionId}/${teamId}`,
    injectionId,
    kind: 'crash',
    teamId,
    serviceId: 'catalog',
    label: 'Trouble',
    state,
    detail: '',
    startedAt: START,
    expiresAt: START + 30_000,
    ...overrides,
  };
}

const standing = (teamId: string, inPlaySince: number | null = START - 60_000): TeamStanding => ({
  ...{ teamId, inPlay: inPlaySince !== null, inPlaySince },
});

/** A fault that passes through these states, one second apart. */
function play(history: FaultHistory, states: FaultState[], ...args: [string, Partial<FaultInfo>?]): void {
  const [teamId, overrides] = args;
  states.forEach((state, index) => {
    const armed = state === 'armed' ? { startedAt: START - 500 } : {};
    history.observe(info(teamId, state, { ...overrides, ...armed }), START + index * 1000);
  });
}

const WHOLE: FaultState[] = ['firing', 'active', 'reverting', 'reverted'];

describe('fault history', () => {
  it('records when a fault fired, was confirmed, and was verified gone', () => {
    const history = new FaultHistory();
    play(history, WHOLE, 'ants');
    expect(history.courses()).toEqual([
      {
        info: info('ants', 'reverted'),
        firedAt: START,
        confirmedAt: START + 1000,
        revertingAt: START + 2000,
        goneAt: START + 3000,
        wasStuck: false,
      },
    ]);
  });

  it('records that a fault never fired, or was stuck before it was gone', () => {
    const history = new FaultHistory();
    play(history, ['reverted'], 'ants');
    play(history, ['firing', 'active', 'reverting', 'stuck', 'reverted'], 'bees');
    expect(history.courses()).toMatchObject([
      { firedAt: null, confirmedAt: null, wasStuck: false },
      { firedAt: START, goneAt: START + 4000, wasStuck: true },
    ]);
  });

  it('ignores repeated events', () => {
    const states = fc.subarray<FaultState>(['firing', 'active', 'reverting', 'stuck', 'reverted'], {
      minLength: 1,
    });
    fc.assert(
      fc.property(states, fc.infiniteStream(fc.nat({ max: 3 })), (chosen, repeat) => {
        const [once, often] = [new FaultHistory(), new FaultHistory()];
        chosen.forEach((state, index) => {
          const at = START + index * 1000;
          once.observe(info('ants', state), at);
          often.observe(info('ants', state), at);
          // At-least-once: any earlier event may be repeated.
          const again = (repeat.next().value as number) % (index + 1);
          often.observe(info('ants', chosen[again]!), START + again * 1000);
        });
        expect(often.courses()).toEqual(once.courses());
      }),
    );
  });
});

describe('chaos report', () => {
  const amounts = (count: number, dealtMs: number, actedMs: number, dealtCents: number) => ({
    ...{ count, dealtMs, actedMs, dealtCents },
  });
  const noSpikes = { count: 0, dealtMs: 0, gainCents: 0 };
  const row = (teamId: string) => ({ teamId, inPlay: true, creditCents: 0, spikes: noSpikes });

  it('counts faults, planned and actual durations, and costs, by kind', () => {
    const history = new FaultHistory();
    const slow = { injectionId: 'two', kind: 'slow', expiresAt: START + 10_000, expectedCostCents: 700 };
    play(history, WHOLE, 'ants', { expectedCostCents: 5000 });
    play(history, WHOLE, 'ants', slow);
    play(history, WHOLE, 'bees', slow);
    const teams = ['bees', 'ants', 'cats'].map((id) => standing(id));
    expect(chaosReport(history.courses(), teams, START + 60_000)).toEqual({
      teams: [
        { ...row('bees'), ...amounts(1, 10_000, 3000, 700), byKind: { slow: amounts(1, 10_000, 3000, 700) } },
        {
          ...row('ants'),
          ...amounts(2, 40_000, 6000, 5700),
          byKind: { crash: amounts(1, 30_000, 3000, 5000), slow: amounts(1, 10_000, 3000, 700) },
        },
        { ...row('cats'), ...amounts(0, 0, 0, 0), byKind: {} },
      ],
      dealtCents: 6400,
      spread: amounts(2, 40_000, 6000, 5700),
      typicalCents: 700,
    });
  });

  it('counts a fault that acts, or may act, up to now, but not one that could not be fired', () => {
    const history = new FaultHistory();
    const priced = { expectedCostCents: 9 };
    play(history, ['firing', 'active'], 'ants', priced);
    play(history, ['firing'], 'bees', priced);
    play(history, ['firing', 'reverting', 'stuck'], 'cats', priced);
    play(history, ['firing', 'reverting', 'reverted'], 'dogs', priced);
    play(history, ['armed'], 'emus', priced);
    const ids = ['ants', 'bees', 'cats', 'dogs', 'emus'];
    const { teams } = chaosReport(
      history.courses(),
      ids.map((id) => standing(id)),
      START + 20_000,
    );
    expect(
      teams.map(({ teamId, count, actedMs, dealtCents }) => [teamId, count, actedMs, dealtCents]),
    ).toEqual([
      ['ants', 1, 20_000, 9],
      ['bees', 1, 20_000, 9],
      ['cats', 1, 20_000, 9],
      ['dogs', 0, 0, 0],
      ['emus', 0, 0, 0],
    ]);
  });

  it('reports traffic spikes separately, since they do no harm', () => {
    const history = new FaultHistory();
    const spike = { kind: 'traffic-spike', expectedCostCents: 0, expectedGainCents: 9972 };
    play(history, WHOLE, 'ants', spike);
    const { teams, spread, typicalCents } = chaosReport(
      history.courses(),
      [standing('ants'), standing('bees')],
      START,
    );
    expect(teams[0]).toMatchObject({ ...amounts(0, 0, 0, 0), byKind: {} });
    expect(teams[0]!.spikes).toEqual({ count: 1, dealtMs: 30_000, gainCents: 9972 });
    expect([spread, typicalCents]).toEqual([amounts(0, 0, 0, 0), 0]);
  });

  it('lists every team but compares only those in play', () => {
    const history = new FaultHistory();
    for (const team of ['ants', 'bees']) play(history, WHOLE, team, { expectedCostCents: 5000 });
    const { teams, spread } = chaosReport(
      history.courses(),
      [standing('ants'), standing('bees'), standing('lurkers', null)],
      START,
    );
    expect(teams[2]).toMatchObject({ teamId: 'lurkers', inPlay: false, dealtCents: 0 });
    expect(spread.dealtCents).toBe(0);
  });

  it('credits latecomers with the median of the others at that time', () => {
    const history = new FaultHistory();
    const later = { injectionId: 'two', startedAt: START + 90_000, expiresAt: START + 95_000 };
    play(history, WHOLE, 'ants', { expectedCostCents: 1000 });
    play(history, WHOLE, 'bees', { expectedCostCents: 3000 });
    play(history, WHOLE, 'cats', { expectedCostCents: 8000 });
    play(history, ['firing', 'active'], 'newcomers', { ...later, expectedCostCents: 400 });
    play(history, ['firing', 'active'], 'bees', { ...later, expectedCostCents: 400 });
    const { teams, spread } = chaosReport(
      history.courses(),
      [
        ...['ants', 'bees', 'cats'].map((id) => standing(id)),
        standing('newcomers', START + 60_000),
        // Its median is of four: 1000, 3000 and 400 of credit and all; 3000, 3400 and 8000.
        standing('last', START + 200_000),
      ],
      START + 300_000,
    );
    expect(teams.map(({ creditCents, dealtCents }) => [creditCents, dealtCents])).toEqual([
      [0, 1000],
      [0, 3400],
      [0, 8000],
      [3000, 400],
      [3400, 0],
    ]);
    expect(spread.dealtCents).toBe(7000);
  });

  it('has no spread without teams, and counts faults without a price as free', () => {
    const none = { teams: [], dealtCents: 0, spread: amounts(0, 0, 0, 0), typicalCents: 0 };
    expect(chaosReport([], [], START)).toEqual(none);
    const history = new FaultHistory();
    play(history, WHOLE, 'ants');
    expect(chaosReport(history.courses(), [standing('ants')], START).teams[0]!.dealtCents).toBe(0);
  });

  it('does not depend on the order of faults or teams, or on how faults ended', () => {
    const course = fc.record({
      team: fc.constantFrom('ants', 'bees', 'cats', 'dogs'),
      atMs: fc.integer({ min: 0, max: 100_000 }),
      cents: fc.nat({ max: 10_000 }),
      goneAfterMs: fc.integer({ min: 1, max: 30_000 }),
    });
    const since = fc.tuple(...Array.from({ length: 4 }, () => fc.option(fc.nat({ max: 100_000 }))));
    fc.assert(
      fc.property(fc.array(course, { maxLength: 12 }), since, fc.nat(), (faults, sinces, turn) => {
        const courses = faults.map(({ team, atMs, cents, goneAfterMs }, n): FaultCourse => {
          const startedAt = START + atMs;
          const about = { injectionId: `n${n}`, startedAt, expiresAt: startedAt + 30_000 };
          return {
            info: info(team, 'reverted', { ...about, expectedCostCents: cents }),
            ...{ firedAt: startedAt, confirmedAt: startedAt, revertingAt: null, wasStuck: false },
            goneAt: startedAt + goneAfterMs,
          };
        });
        const ids = ['ants', 'bees', 'cats', 'dogs'];
        const teams = ids.map((id, n) => standing(id, sinces[n] === null ? null : START + sinces[n]!));
        const turned = <T>(list: readonly T[]): T[] =>
          list.map((_, n) => list[(n + turn) % list.length]!).reverse();
        const money = (report: ReturnType<typeof chaosReport>) => ({
          spread: report.spread.dealtCents,
          teams: Object.fromEntries(
            report.teams.map(({ teamId, dealtCents, creditCents }) => [teamId, [dealtCents, creditCents]]),
          ),
        });
        const once = money(chaosReport(courses, teams, START + 200_000));
        expect(money(chaosReport(turned(courses), turned(teams), START + 200_000))).toEqual(once);
        // A quick repair does not reduce what a team was dealt.
        const repaired = courses.map((each) => ({ ...each, goneAt: each.firedAt! + 1 }));
        expect(money(chaosReport(repaired, teams, START + 200_000))).toEqual(once);
        for (const [dealt, credit] of Object.values(once.teams))
          expect(Number.isSafeInteger(dealt) && Number.isSafeInteger(credit)).toBe(true);
      }),
    );
  });
});

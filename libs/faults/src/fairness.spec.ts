import fc from 'fast-check';
import type { FaultInfo, FaultState } from '#contracts';
import { FaultHistory, chaosReport } from './fairness.js';

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

/** A fault that goes through these states, one second apart. */
function play(history: FaultHistory, states: FaultState[], ...args: [string, Partial<FaultInfo>?]): void {
  const [teamId, overrides] = args;
  states.forEach((state, index) => {
    const armed = state === 'armed' ? { startedAt: START - 500 } : {};
    history.observe(info(teamId, state, { ...overrides, ...armed }), START + index * 1000);
  });
}

const WHOLE: FaultState[] = ['firing', 'active', 'reverting', 'reverted'];

describe('what became of each fault', () => {
  it('remembers when it fired, was confirmed, and was verified gone', () => {
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

  it('knows that a fault never fired, and that one was stuck before it was gone', () => {
    const history = new FaultHistory();
    play(history, ['reverted'], 'ants');
    play(history, ['firing', 'active', 'reverting', 'stuck', 'reverted'], 'bees');
    expect(history.courses()).toMatchObject([
      { firedAt: null, confirmedAt: null, wasStuck: false },
      { firedAt: START, goneAt: START + 4000, wasStuck: true },
    ]);
  });

  it('does not depend on repetitions', () => {
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
          // At-least-once: any of what came before may come again.
          const again = (repeat.next().value as number) % (index + 1);
          often.observe(info('ants', chosen[again]!), START + again * 1000);
        });
        expect(often.courses()).toEqual(once.courses());
      }),
    );
  });
});

describe('how much chaos each team had', () => {
  it('counts faults, what they were meant to last and what they lasted, by kind', () => {
    const history = new FaultHistory();
    play(history, WHOLE, 'ants');
    play(history, WHOLE, 'ants', { injectionId: 'two', kind: 'slow', expiresAt: START + 10_000 });
    play(history, WHOLE, 'bees', { injectionId: 'two', kind: 'slow', expiresAt: START + 10_000 });
    expect(chaosReport(history.courses(), ['bees', 'ants', 'cats'], START + 60_000)).toEqual({
      teams: [
        {
          teamId: 'bees',
          count: 1,
          dealtMs: 10_000,
          actedMs: 3000,
          byKind: { slow: { count: 1, dealtMs: 10_000, actedMs: 3000 } },
        },
        {
          teamId: 'ants',
          count: 2,
          dealtMs: 40_000,
          actedMs: 6000,
          byKind: {
            crash: { count: 1, dealtMs: 30_000, actedMs: 3000 },
            slow: { count: 1, dealtMs: 10_000, actedMs: 3000 },
          },
        },
        { teamId: 'cats', count: 0, dealtMs: 0, actedMs: 0, byKind: {} },
      ],
      spread: { count: 2, dealtMs: 40_000, actedMs: 6000 },
    });
  });

  it('counts a fault that still acts, or may act, up to now; not one that could not be fired', () => {
    const history = new FaultHistory();
    play(history, ['firing', 'active'], 'ants');
    play(history, ['firing'], 'bees');
    play(history, ['firing', 'reverting', 'stuck'], 'cats');
    play(history, ['firing', 'reverting', 'reverted'], 'dogs');
    play(history, ['armed'], 'emus');
    const { teams } = chaosReport(
      history.courses(),
      ['ants', 'bees', 'cats', 'dogs', 'emus'],
      START + 20_000,
    );
    expect(teams.map(({ teamId, count, actedMs }) => [teamId, count, actedMs])).toEqual([
      ['ants', 1, 20_000],
      ['bees', 1, 20_000],
      ['cats', 1, 20_000],
      ['dogs', 0, 0],
      ['emus', 0, 0],
    ]);
  });

  it('has no spread without teams', () => {
    expect(chaosReport([], [], START)).toEqual({ teams: [], spread: { count: 0, dealtMs: 0, actedMs: 0 } });
  });
});

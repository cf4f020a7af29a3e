import fc from 'fast-check';
import { OwnershipState, type AskRules, type Standing, type AskOutcome } from './ownership-state.js';
import type { Reading } from './proof-registry.js';

const RULES: AskRules = { everyMs: 50, timeoutMs: 20, holdMs: 150, maxMisses: 2 };
const OURS: Reading = { kind: 'ours' };
const THEIRS: Reading = { kind: 'theirs', teamId: 'rival' };
const NONE: Reading = { kind: 'none' };

type Step = { waitMs: number } & ({ outcome: AskOutcome } | { forget: true });

/** The rules applied to the whole history, without any carried state. */
function byTheRules(
  history: { atMs: number; outcome: AskOutcome | null }[],
  header: Reading,
  nowMs: number,
): Standing {
  if (header.kind === 'ours') return { kind: 'proven' };
  if (header.kind === 'theirs') return { kind: 'foreign', teamId: header.teamId };
  const lastOf = (kind: Reading['kind'] | 'forgotten'): number =>
    history.map(({ outcome }) => kindOf(outcome)).lastIndexOf(kind);
  const lastOurs = lastOf('ours');
  if (lastOurs > lastOf('theirs') && nowMs < history[lastOurs]!.atMs + RULES.holdMs)
    return { kind: 'proven' };
  const since = history.slice(Math.max(lastOurs, lastOf('forgotten')) + 1);
  const [answered] = since
    .flatMap(({ outcome }) => (outcome !== null && 'reading' in outcome ? [outcome] : []))
    .reverse();
  if (answered !== undefined)
    return answered.reading.kind === 'theirs'
      ? { kind: 'foreign', teamId: answered.reading.teamId }
      : { kind: 'unproven', got: answered.got };
  const missed = since.flatMap(({ outcome }) =>
    outcome !== null && 'missed' in outcome ? [outcome.missed] : [],
  );
  if (missed.length < RULES.maxMisses) return { kind: 'unknown' };
  return { kind: 'unproven', got: missed[RULES.maxMisses - 1]! };
}

function kindOf(outcome: AskOutcome | null): Reading['kind'] | 'missed' | 'forgotten' {
  if (outcome === null) return 'forgotten';
  return 'missed' in outcome ? 'missed' : outcome.reading.kind;
}

test('follows the rules for its whole history, after any checks at any times', () => {
  const outcomes = fc.oneof(
    fc.constantFrom<AskOutcome>(
      { reading: OURS, got: '' },
      { reading: THEIRS, got: '' },
      { reading: NONE, got: 'status 404' },
    ),
    fc.constantFrom<AskOutcome>({ missed: 'timeout' }, { missed: 'refused' }),
  );
  const step: fc.Arbitrary<Step> = fc
    .tuple(fc.integer({ min: 0, max: 200 }), fc.option(outcomes, { nil: null, freq: 8 }))
    .map(([waitMs, each]) => (each === null ? { waitMs, forget: true } : { waitMs, outcome: each }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.integer({ min: 0, max: 200 }), (steps, restMs) => {
      const state = new OwnershipState(RULES);
      const history: { atMs: number; outcome: AskOutcome | null }[] = [];
      let nowMs = 0;
      for (const each of steps) {
        nowMs += each.waitMs;
        if ('forget' in each) state.forget();
        else {
          state.recordAsk(nowMs);
          state.recordOutcome(each.outcome, nowMs);
        }
        history.push({ atMs: nowMs, outcome: 'outcome' in each ? each.outcome : null });
      }
      nowMs += restMs;
      for (const header of [OURS, THEIRS, NONE])
        expect(state.answer(header, nowMs)).toEqual(byTheRules(history, header, nowMs));
    }),
  );
});

test('a check is due immediately, then periodically, and never while one is in progress', () => {
  const state = new OwnershipState(RULES);
  expect([state.isAskDue(0), state.askEndsAtMs]).toEqual([true, Infinity]);
  state.recordAsk(0);
  expect([state.isAskDue(1_000), state.askEndsAtMs]).toEqual([false, 20]);
  state.recordOutcome({ missed: 'x' }, 20);
  expect([state.isAskDue(49), state.isAskDue(50), state.askEndsAtMs]).toEqual([false, true, Infinity]);
});

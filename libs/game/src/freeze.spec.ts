import { NO_FREEZE, applyFreezeEvent, hiddenFromAt, type FreezeFacts } from './freeze.js';

type Event = Parameters<typeof applyFreezeEvent>[1];
const frozen = (fromAt: number): Event => ({ type: 'dev.payday.game.frozen', data: { fromAt } });
const thawed: Event = { type: 'dev.payday.game.thawed', data: { at: 150 } };
const revealed: Event = { type: 'dev.payday.game.revealed', data: { revealedAt: 300 } };

const after = (...events: Event[]): FreezeFacts => events.reduce(applyFreezeEvent, NO_FREEZE);

test.each([
  ['nothing happened', [], { 99: null, 1000: null }],
  ['a freeze hides from its boundary on', [frozen(100)], { 99: null, 100: 100, 1000: 100 }],
  ['a freeze that comes again', [frozen(100), frozen(100)], { 1000: 100 }],
  ['a thaw takes it back', [frozen(100), thawed], { 100: null, 1000: null }],
  ['a second freeze', [frozen(100), thawed, frozen(200)], { 150: null, 200: 200 }],
  ['a reveal ends it, also on a clock that is slow', [frozen(100), revealed], { 299: null, 300: null }],
  [
    'other events',
    [frozen(100), { type: 'dev.payday.game.sealed', data: { sealedAt: 1 } } as Event],
    { 100: 100 },
  ],
])('%s', (_, events, expected) => {
  for (const [nowMs, hidden] of Object.entries(expected))
    expect([nowMs, hiddenFromAt(after(...events), Number(nowMs))]).toEqual([nowMs, hidden]);
});

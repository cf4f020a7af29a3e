import fc from 'fast-check';
import { DEFAULT_POLICY, arm, type Fault } from './fault.js';
import { mayAct, step, type FaultEffect, type FaultInput } from './life-cycle.js';

const START = 1_700_000_000_000;
const TTL = 30_000;

function armed(overrides: Partial<Parameters<typeof arm>[0]> = {}): Fault {
  return arm({
    gameId: 'game',
    injectionId: 'bad-deploy',
    teamId: 'fenrir',
    serviceId: 'catalog',
    kind: 'wrong-answer',
    params: {},
    label: 'A bad version of catalog',
    ttlMs: TTL,
    dueAt: START,
    ...overrides,
  });
}

/** Feeds inputs one after another and records the results. */
class Life {
  effects: FaultEffect[] = [];
  readonly published: string[] = [];
  constructor(
    public fault: Fault,
    public now = START,
  ) {}

  input(input: FaultInput): this {
    const next = step(this.fault, input, this.now);
    this.fault = next.fault;
    this.effects = [...next.effects];
    for (const effect of next.effects) if (effect.type === 'publish') this.published.push(effect.info.state);
    return this;
  }

  answer(type: 'fired' | 'confirmed' | 'revert-done' | 'verified-gone' | 'still-there' | 'repaired-by-team') {
    return this.input({ type, call: this.fault.call!.number });
  }

  fail(retryable = true): this {
    return this.input({
      type: 'driver-failed',
      call: this.fault.call!.number,
      reason: 'connection refused',
      retryable,
    });
  }

  /** Advances time to the fault's next wake-up and sends the tick. */
  wake(): this {
    this.now = Math.max(this.now, this.fault.wakeAt!);
    return this.input({ type: 'tick' });
  }

  get called(): string[] {
    return this.effects.filter((effect) => effect.type !== 'publish').map((effect) => effect.type);
  }

  get state() {
    return this.fault.info.state;
  }
}

const active = (): Life => new Life(armed()).input({ type: 'due' }).answer('fired').answer('confirmed');

describe('fault life cycle', () => {
  it('goes from armed to reverted, publishing each state once', () => {
    const life = active();
    expect(life.fault.info).toMatchObject({ state: 'active', startedAt: START, expiresAt: START + TTL });
    life.now = START + TTL;
    life.input({ type: 'tick' });
    expect(life.called).toEqual(['revert']);
    life.answer('revert-done');
    expect(life.called).toEqual(['verify']);
    life.answer('verified-gone');
    expect(life.published).toEqual(['firing', 'active', 'reverting', 'reverted']);
    expect(life.fault).toMatchObject({ wakeAt: null, info: { detail: 'its time was over' } });
  });

  it('needs a time to live within bounds', () => {
    for (const ttlMs of [0, -1, 1.5, Number.NaN, Infinity, 24 * 60 * 60_000 + 1])
      expect(() => armed({ ttlMs })).toThrow(expect.objectContaining({ code: 'invalid_fault' }));
  });

  it('counts its time to live from when it fires', () => {
    const life = new Life(armed(), START + 4_000).input({ type: 'due' });
    expect(life.fault.info.expiresAt).toBe(START + 4_000 + TTL);
  });

  it('skips a fault that is late by more than its time to live, without a driver call', () => {
    const life = new Life(armed(), START + TTL + 1).input({ type: 'due' });
    expect(life.called).toEqual([]);
    expect(life.fault.info).toMatchObject({ state: 'reverted', detail: 'skipped: it was due 30 s ago' });
  });

  it('makes no driver call for a fault that is stopped before it fires', () => {
    const life = new Life(armed()).input({ type: 'stop-requested', reason: 'the game ended' });
    expect(life.called).toEqual([]);
    expect(life.fault.info).toMatchObject({ state: 'reverted', detail: 'it never fired: the game ended' });
  });

  it('retries firing with growing delays, then reverts and verifies the unconfirmed fault', () => {
    const life = new Life(armed()).input({ type: 'due' });
    const pauses: number[] = [];
    for (let attempt = 1; attempt < DEFAULT_POLICY.fireAttempts; attempt++) {
      life.fail();
      expect(life.called).toEqual([]);
      pauses.push(life.fault.wakeAt! - life.now);
      life.wake();
      expect(life.called).toEqual(['fire']);
    }
    expect(pauses).toEqual([200, 400, 800]);
    life.fail();
    expect(life.called).toEqual(['revert']);
    life.answer('revert-done').answer('verified-gone');
    expect(life.fault.info.detail).toBe('could not be fired: connection refused');
    expect(life.published).toEqual(['firing', 'reverting', 'reverted']);
  });

  it('does not retry a fault that can never work, but still reverts it', () => {
    const life = new Life(armed()).input({ type: 'due' }).fail(false);
    expect(life.called).toEqual(['revert']);
  });

  it('treats a driver without an answer as hanging at the deadline', () => {
    const life = new Life(armed()).input({ type: 'due' });
    expect(life.fault.wakeAt).toBe(START + DEFAULT_POLICY.callTimeoutMs);
    life.wake();
    expect(life.fault).toMatchObject({ call: null, attempts: 1 });
  });

  it('stops a firing fault without waiting for the driver', () => {
    const life = new Life(armed()).input({ type: 'due' });
    const hanging = life.fault.call!.number;
    life.input({ type: 'stop-requested', reason: 'panic' });
    expect(life.called).toEqual(['revert']);
    // The late answer to the fire call is stale.
    life.input({ type: 'fired', call: hanging });
    expect(life.effects).toEqual([]);
    expect(life.fault.call!.operation).toBe('revert');
  });

  it('detects a repair by the team, and still cleans up', () => {
    const life = active();
    life.wake();
    expect(life.called).toEqual(['verify']);
    life.now = START + 12_000;
    life.answer('repaired-by-team');
    expect(life.called).toEqual(['revert']);
    life.answer('revert-done').answer('verified-gone');
    expect(life.fault.info.detail).toBe('repaired by the team after 12 s');
  });

  it('verifies even after a failed revert: the dead-man’s timer may have ended the fault', () => {
    const life = active().input({ type: 'expired' }).fail();
    expect(life.called).toEqual(['verify']);
    expect(life.answer('verified-gone').state).toBe('reverted');
  });

  it('becomes stuck after bounded attempts, keeps retrying slowly, and recovers', () => {
    const life = active().input({ type: 'stop-requested', reason: 'panic' });
    let attempts = 0;
    while (life.state === 'reverting') {
      life.answer('revert-done').answer('still-there');
      attempts++;
      if (life.state === 'reverting') life.wake();
    }
    expect(attempts).toBe(DEFAULT_POLICY.revertAttempts);
    expect(life.fault.info).toMatchObject({
      state: 'stuck',
      detail: 'panic; not gone after 6 attempts: it is still there',
    });
    for (let again = 0; again < 20; again++) {
      expect(life.fault.wakeAt).toBe(life.now + DEFAULT_POLICY.stuckRetryMs);
      life.wake();
      expect(life.called).toEqual(['revert']);
      life.answer('revert-done').fail();
    }
    life.wake().answer('revert-done').answer('verified-gone');
    expect(life.published.slice(-2)).toEqual(['stuck', 'reverted']);
  });

  it('checks before it fires again after a restart during firing', () => {
    const life = new Life(armed()).input({ type: 'due' }).input({ type: 'restarted' });
    expect(life.called).toEqual(['confirm']);
    life.answer('confirmed');
    expect(life.state).toBe('active');
  });

  it('continues after a restart in every other state', () => {
    expect(new Life(armed()).input({ type: 'restarted' }).state).toBe('armed');
    const watching = active().wake().input({ type: 'restarted' });
    expect(watching.wake().called).toEqual(['verify']);
    const late = active();
    late.now = START + TTL + 60_000;
    expect(late.input({ type: 'restarted' }).called).toEqual(['revert']);
    expect(late.input({ type: 'restarted' }).called).toEqual(['revert']);
  });
});

const answers = [
  'fired',
  'confirmed',
  'revert-done',
  'verified-gone',
  'still-there',
  'repaired-by-team',
  'driver-timeout',
] as const;

/** Any input, with answers to the awaited call (offset 0), to older calls, or to calls that were never made. */
const anyMove = fc.record({
  passMs: fc.oneof(fc.constant(0), fc.nat(3_000), fc.nat(60_000)),
  offset: fc.constantFrom(0, 0, 0, -1, 1),
  input: fc.oneof(
    fc.constantFrom(...answers).map((type) => ({ type, call: 0 })),
    fc.boolean().map((retryable) => ({ type: 'driver-failed' as const, call: 0, reason: 'no', retryable })),
    fc.constantFrom<FaultInput>(
      { type: 'due' },
      { type: 'expired' },
      { type: 'stop-requested', reason: 'panic' },
      { type: 'restarted' },
      { type: 'tick' },
    ),
  ),
});

describe('fault life cycle under any input', () => {
  it('never acts beyond its time to live or after it was reverted, and can always continue', () => {
    fc.assert(
      fc.property(fc.array(anyMove, { maxLength: 60 }), (moves) => {
        let fault = armed();
        let now = START;
        for (const { passMs, offset, input } of moves) {
          now += passMs;
          const before = fault;
          const given =
            'call' in input ? { ...input, call: (fault.call?.number ?? fault.calls) + offset } : input;
          const next = step(fault, given, now);
          fault = next.fault;
          const { state, expiresAt } = fault.info;

          if (state === 'firing' || state === 'active') expect(now).toBeLessThan(expiresAt);
          if (before.info.state === 'reverted') expect(next).toEqual({ fault: before, effects: [] });
          // Only a firing fault calls fire, and its time to live starts with the first call.
          if (next.effects.some(({ type }) => type === 'fire')) expect(state).toBe('firing');
          if (before.info.state !== 'armed') expect(expiresAt).toBe(before.info.expiresAt);
          // Every fault that may act has a wake-up no later than its expiry.
          if (mayAct(state)) expect(fault.wakeAt).not.toBeNull();
          if (state === 'firing' || state === 'active') expect(fault.wakeAt!).toBeLessThanOrEqual(expiresAt);
          // A fault that was sent is over only once it is verified after a revert.
          if (state === 'reverted' && mayAct(before.info.state)) {
            expect(before.call?.operation).toBe('verify');
            expect(['reverting', 'stuck']).toContain(before.info.state);
          }
          const published = next.effects.filter(({ type }) => type === 'publish').length;
          expect(published).toBe(state === before.info.state ? 0 : 1);
          expect(JSON.parse(JSON.stringify(fault))).toEqual(fault);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('ends reverted or stuck within a bounded time, whatever the driver answers', () => {
    const verdict = fc.constantFrom('good', 'bad', 'fails', 'hangs', 'restart');
    fc.assert(
      fc.property(fc.array(verdict, { minLength: 1, maxLength: 30 }), (verdicts) => {
        const life = new Life(armed()).input({ type: 'due' });
        const { revertAttempts, callTimeoutMs, retryMaxMs } = DEFAULT_POLICY;
        const good = { fire: 'fired', confirm: 'confirmed', revert: 'revert-done', verify: 'verified-gone' };
        const bad = {
          fire: 'verified-gone',
          confirm: 'verified-gone',
          revert: 'revert-done',
          verify: 'still-there',
        };
        for (let turn = 0; life.state !== 'reverted' && life.state !== 'stuck'; turn++) {
          expect(turn).toBeLessThan(400);
          const { call } = life.fault;
          if (call === null) {
            life.wake();
            continue;
          }
          const kind = verdicts[turn % verdicts.length];
          if (kind === 'hangs') life.wake();
          else if (kind === 'fails') life.fail();
          // A process that restarts endlessly makes no progress, so only the first few turns restart.
          else if (kind === 'restart' && turn < 30) life.input({ type: 'restarted' });
          else life.answer((kind === 'bad' ? bad : good)[call.operation] as 'fired');
        }
        const undoingMs = revertAttempts * (2 * callTimeoutMs + retryMaxMs);
        expect(life.now).toBeLessThanOrEqual(START + TTL + undoingMs);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the expected cost of a fault', () => {
  const priced = () => armed({ expected: { costCents: 5000, gainCents: 0 } });
  const acting = () => new Life(priced()).input({ type: 'due' }).answer('fired').answer('confirmed');
  const stop = (costCents: number): FaultInput => ({
    ...{ type: 'stop-requested', reason: 'panic', expected: { costCents, gainCents: 0 } },
  });

  it('is published from the start, and stays the same after a repair or on expiry', () => {
    expect(priced().info).toMatchObject({ expectedCostCents: 5000 });
    expect(priced().info).not.toHaveProperty('expectedGainCents');
    expect(acting().wake().answer('repaired-by-team').fault.info).toMatchObject({
      ...{ state: 'reverting', expectedCostCents: 5000 },
    });
    expect(acting().input({ type: 'expired' }).fault.info.expectedCostCents).toBe(5000);
  });

  it('is reduced, never raised, only by a stop', () => {
    const stopped = acting().input(stop(1200));
    expect(stopped.fault.info).toMatchObject({ state: 'reverting', expectedCostCents: 1200 });
    expect(stopped.input(stop(700)).fault.info.expectedCostCents).toBe(1200);
    expect(acting().input(stop(9000)).fault.info.expectedCostCents).toBe(5000);
    expect(acting().input({ type: 'stop-requested', reason: 'panic' }).fault.info.expectedCostCents).toBe(
      5000,
    );
    expect(acting().input({ type: 'expired' }).input(stop(10)).fault.info.expectedCostCents).toBe(5000);
  });

  it('is a gain for a spike, which a stop reduces too', () => {
    const spike = new Life(armed({ kind: 'traffic-spike', expected: { costCents: 0, gainCents: 900 } }))
      .input({ type: 'due' })
      .answer('fired')
      .answer('confirmed')
      .input({ type: 'stop-requested', reason: 'panic', expected: { costCents: 0, gainCents: 300 } });
    expect(spike.fault.info).toMatchObject({ expectedCostCents: 0, expectedGainCents: 300 });
  });

  it('stays unknown for a fault that an earlier version armed', () => {
    const old = acting();
    const { expectedCostCents: _, ...info } = old.fault.info;
    old.fault = { ...old.fault, info };
    expect(old.input(stop(700)).fault.info).not.toHaveProperty('expectedCostCents');
  });
});

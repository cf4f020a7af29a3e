import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { ProofPolicy } from '#contracts';
import type { RenderedRequest } from '#scenario';
import { ManualTime, buildScenario } from '#testing';
import { OwnershipMonitor, type OwnershipFinding } from './ownership-monitor.js';
import type { AskResult, OriginSender, OwnershipGuard } from './ownership-guard.js';
import { ASK_RULES } from './ownership-state.js';

const proof = (letter: string): string => `pt_${letter.repeat(43)}`;
const sha = (letter: string): string => createHash('sha256').update(proof(letter)).digest('hex');
const answer = (status: number, bodyText: string, header: string | null = null): AskResult => ({
  kind: 'answer',
  status,
  bodyText,
  proof: header,
});
const NOT_FOUND = answer(404, 'nothing here');

/** An endpoint that answers checks as the test says: immediately, on demand, or never. */
class Origin implements OriginSender {
  readonly requests: RenderedRequest[] = [];
  pending: ((result: AskResult) => void) | null = null;
  givenUp = 0;

  constructor(public atOnce: AskResult | null = null) {}

  send(request: RenderedRequest, onDone: (result: AskResult) => void): { timeOut(got: string): void } {
    this.requests.push(request);
    const finish = (result: AskResult): void => {
      if (this.pending === finish) this.pending = null;
      onDone(result);
    };
    this.pending = finish;
    if (this.atOnce !== null) finish(this.atOnce);
    return {
      timeOut: (got) => {
        this.givenUp++;
        finish({ kind: 'failure', outcome: 'timeout', got });
      },
    };
  }
}

class World {
  readonly clock = new ManualTime();
  readonly findings: OwnershipFinding[] = [];
  readonly monitor = new OwnershipMonitor({
    clock: this.clock,
    onFinding: (finding) => this.findings.push(finding),
  });

  constructor(policy: ProofPolicy | undefined) {
    const { probing } = buildScenario();
    this.monitor.created(buildScenario({ probing: { ...probing, ...(policy && { proof: policy }) } }));
    this.monitor.proofChanged('a', sha('a'));
    this.monitor.proofChanged('b', sha('b'));
    this.monitor.start();
  }

  guard(origin: OriginSender, teamId = 'a'): OwnershipGuard {
    return this.monitor.guard(teamId, 'router', origin)!;
  }

  pass(ms: number): void {
    this.clock.advance(ms);
    this.monitor.tick();
  }
}

describe('with proof required', () => {
  it('pays an endpoint that shows its proof in every answer, and checks it once, at the beginning', () => {
    const world = new World('required');
    const origin = new Origin();
    const guard = world.guard(origin);
    expect(origin.requests.map(({ method, path }) => [method, path])).toEqual([
      ['GET', '/.well-known/payday-team'],
    ]);
    for (let i = 0; i < 100; i++) {
      expect(guard.judge(proof('a'))).toEqual({ ok: true });
      world.pass(1_000);
    }
    expect(origin.requests).toHaveLength(1);
    expect(world.findings).toEqual([]);
  });

  it('checks a new endpoint before anything counts against it', () => {
    const world = new World('required');
    const origin = new Origin();
    const guard = world.guard(origin);
    expect(guard.judge(null)).toEqual({ ok: true });
    origin.pending!(NOT_FOUND);
    expect(guard.judge(null)).toEqual({
      ok: false,
      got: 'the endpoint does not prove that it is yours: no such header, and /.well-known/payday-team gave status 404',
      expected: 'the header Payday-Team, or /.well-known/payday-team, with the proof of this team',
    });
  });

  it('pays an endpoint whose well-known path shows its proof, and checks every five seconds', () => {
    const world = new World('required');
    const origin = new Origin(answer(200, `${proof('b')}\n${proof('a')}\n`));
    const guard = world.guard(origin);
    for (let i = 0; i < 200; i++) {
      expect(guard.judge(null)).toEqual({ ok: true });
      world.pass(100);
    }
    expect(origin.requests).toHaveLength(4);
  });

  it('accepts the header of a check’s own answer as a proof, whatever its status', () => {
    const world = new World('required');
    const guard = world.guard(new Origin(answer(404, '', proof('a'))));
    expect(guard.judge(null)).toEqual({ ok: true });
  });

  it('fails an endpoint that hangs when it is checked, after two checks; each is abandoned', () => {
    const world = new World('required');
    const origin = new Origin();
    const guard = world.guard(origin);
    const paidUntil: number[] = [];
    for (let ms = 0; ms < 30_000; ms += 100) {
      if (guard.judge(null).ok) paidUntil.push(ms);
      world.pass(100);
    }
    expect(paidUntil.at(-1)).toBeLessThanOrEqual(7_250);
    expect(origin.givenUp).toBe(6);
    expect(guard.judge(null)).toMatchObject({
      got: expect.stringContaining('gave timeout: no answer within 2000 ms') as string,
    });
  });

  it('keeps a proof through one failed check', () => {
    const world = new World('required');
    const origin = new Origin(answer(200, proof('a')));
    const guard = world.guard(origin);
    origin.atOnce = { kind: 'failure', outcome: 'connect_error', got: 'ECONNREFUSED' };
    world.pass(5_000);
    expect(guard.judge(null)).toEqual({ ok: true });
    origin.atOnce = answer(200, proof('a'));
    world.pass(5_000);
    expect(guard.judge(null)).toEqual({ ok: true });
    world.pass(14_000);
    expect(guard.judge(null)).toEqual({ ok: true });
    expect(origin.requests).toHaveLength(4);
  });

  it('checks again when the team has a new proof; the former is valid for a while', () => {
    const world = new World('required');
    const origin = new Origin(answer(200, proof('n')));
    const guard = world.guard(origin);
    expect(guard.judge(null).ok).toBe(false);
    world.monitor.proofChanged('a', sha('n'), world.clock.nowMs() + 1_000);
    expect(guard.judge(null)).toEqual({ ok: true });
    expect(guard.judge(proof('n'))).toEqual({ ok: true });
    expect(guard.judge(proof('a'))).toEqual({ ok: true });
    origin.atOnce = NOT_FOUND;
    world.pass(20_000);
    expect(guard.judge(proof('a')).ok).toBe(false);
    expect(guard.judge(proof('n'))).toEqual({ ok: true });
  });

  it('does not judge a team that has no proof', () => {
    const world = new World('required');
    const origin = new Origin(NOT_FOUND);
    expect(world.guard(origin, 'stranger').judge(null)).toEqual({ ok: true });
    expect(origin.requests).toEqual([]);
  });
});

describe('another team’s proof', () => {
  it.each(['required', 'warn'] as const)('is never paid with %s, in the header or at the path', (policy) => {
    const world = new World(policy);
    const refused = {
      ok: false,
      got: 'the endpoint shows the proof of another team',
      expected: 'the header Payday-Team, or /.well-known/payday-team, with the proof of this team',
    };
    const guard = world.guard(new Origin(answer(200, proof('a'))));
    expect(guard.judge(proof('b'))).toEqual(refused);
    expect(guard.judge(null)).toEqual({ ok: true });
    const thief = world.guard(new Origin(answer(200, proof('b'))));
    expect(thief.judge(null)).toEqual(refused);
    world.pass(300);
    expect(world.findings).toContainEqual({
      teamId: 'a',
      serviceId: 'router',
      kind: 'foreign',
      shownTeamId: 'b',
    });
    expect(world.monitor.count('foreign')).toBe(1);
    world.monitor.retire(thief);
    expect(world.monitor.count('foreign')).toBe(0);
  });
});

describe('with a warning', () => {
  it('pays an endpoint without a proof, and reports it once, and its proof when it appears', () => {
    const world = new World('warn');
    const origin = new Origin(NOT_FOUND);
    const guard = world.guard(origin);
    for (let i = 0; i < 600; i++) {
      expect(guard.judge(null)).toEqual({ ok: true });
      world.pass(100);
    }
    const unproven = { teamId: 'a', serviceId: 'router', kind: 'unproven' };
    expect(world.findings).toEqual([{ ...unproven, got: '/.well-known/payday-team gave status 404' }]);
    expect(world.monitor.count('unproven')).toBe(1);
    guard.judge(proof('a'));
    world.pass(250);
    world.pass(250);
    expect(world.findings.slice(1)).toEqual([{ ...unproven, kind: 'proven' }]);
  });

  it('reports an endpoint that alternates with every answer at most twice a minute', () => {
    const world = new World('warn');
    const guard = world.guard(new Origin(NOT_FOUND));
    for (let i = 0; i < 1_200; i++) {
      guard.judge(i % 2 === 0 ? proof('a') : null);
      world.pass(100);
    }
    expect(world.findings.length).toBeLessThanOrEqual(5);
  });
});

it('checks nothing before past events are read, and then the remaining endpoints', () => {
  const world = new World('warn');
  const monitor = new OwnershipMonitor({ clock: world.clock, onFinding: () => undefined });
  monitor.created(buildScenario({ probing: { ...buildScenario().probing, proof: 'required' } }));
  monitor.proofChanged('a', sha('a'));
  const [gone, here] = [new Origin(), new Origin()];
  monitor.retire(monitor.guard('a', 'router', gone)!);
  monitor.guard('a', 'router', here);
  expect(here.requests).toEqual([]);
  monitor.start();
  expect([gone.requests.length, here.requests.length]).toEqual([0, 1]);
});

it('abandons the check of an endpoint that is gone', () => {
  const world = new World('required');
  const origin = new Origin();
  world.monitor.retire(world.guard(origin));
  expect([origin.givenUp, origin.pending]).toEqual([1, null]);
});

it.each(['off', undefined] as const)('guards nothing with proof %s', (policy) => {
  expect(new World(policy).monitor.guard('a', 'router', new Origin())).toBeNull();
});

test('whatever happens and when: endpoints with a proof are paid, others are not, and checks are bounded', () => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 3_000 }),
    header: fc.constantFrom('ours', 'theirs', 'unknown', 'none'),
    ask: fc.constantFrom('ours', 'none', 'theirs', 'fails', 'hangs'),
  });
  const HEADERS = { ours: proof('a'), theirs: proof('b'), unknown: proof('x'), none: null };
  const ASKS: Record<string, AskResult | null> = {
    ours: answer(200, proof('a')),
    theirs: answer(200, proof('b')),
    none: NOT_FOUND,
    fails: { kind: 'failure', outcome: 'connect_error', got: 'x' },
    hangs: null,
  };
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const world = new World('required');
      const origin = new Origin(ASKS[steps[0]!.ask]);
      const startedMs = world.clock.nowMs();
      const guard = world.guard(origin);
      let lastOursMs = steps[0]!.ask === 'ours' ? startedMs : -Infinity;
      for (const { waitMs, header, ask } of steps) {
        // In small steps, as the prober ticks, so that hanging checks are abandoned.
        for (let ms = 0; ms < waitMs; ms += 250) world.pass(Math.min(250, waitMs - ms));
        const asked = origin.requests.length;
        origin.atOnce = ASKS[ask]!;
        const { ok } = guard.judge(HEADERS[header as keyof typeof HEADERS]);
        const nowMs = world.clock.nowMs();
        if (origin.requests.length > asked && ask === 'ours') lastOursMs = nowMs;
        if (header === 'ours') expect(ok).toBe(true);
        else if (header === 'theirs') expect(ok).toBe(false);
        else if (ok) {
          // Paid without a header: recently proven at the path, or not known yet.
          const proven = nowMs - lastOursMs < ASK_RULES.holdMs;
          expect(proven || guard.standing.kind === 'unknown').toBe(true);
        } else expect(['unproven', 'foreign']).toContain(guard.standing.kind);
      }
      const elapsedMs = world.clock.nowMs() - startedMs;
      expect(origin.requests.length).toBeLessThanOrEqual(1 + elapsedMs / ASK_RULES.everyMs);
    }),
  );
});

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { DELIVERY_MARGIN_MS, type GameEvent } from '#contracts';
import { DriverRegistry, createDrivers } from '#faults';
import { verifyAuditChain } from '#persistence';
import { GameSchedule, NO_FREEZE, applyFreezeEvent, applyScheduleEvent, hiddenFromAt } from '#game';
import { ControlApp } from '../conformance/control-app.js';
import { GameLoop } from '../game-loop.js';

const QUICK = readFileSync(new URL('../../../../scenarios/quick.yaml', import.meta.url), 'utf8');

let control: ControlApp;
beforeAll(async () => {
  control = await ControlApp.open({ faultRules: new DriverRegistry(createDrivers()).rules });
}, 60_000);
afterAll(() => control?.close());

const boss = (path: string, body?: object) => control.call('post', path, { as: control.boss, body });
const tick = (): Promise<void> => control.app.get(GameLoop).tick();

describe('making a game', () => {
  it('takes YAML as it is written, and its text or JSON with teams', async () => {
    const yaml = await control
      .call('post', 'games', { as: control.boss, type: 'application/yaml', body: `\uFEFF${QUICK}` })
      .expect(201);
    expect(yaml.body).toMatchObject({
      state: 'lobby',
      startsAt: null,
      services: expect.any(Array) as unknown,
    });
    const teams = [
      { name: 'Fenrir', endpoints: { router: 'http://10.0.0.1/' } },
      { name: 'Golem', ranked: false },
    ];
    const { body } = await boss('games', { id: 'my-game', scenario: QUICK, teams }).expect(201);
    expect(body.id).toBe('my-game');
    const events = await control.eventsOf('my-game');
    expect(events.map(({ type }) => type.slice('dev.payday.'.length))).toEqual([
      'game.created',
      'team.added',
      'team.added',
      'endpoint.changed',
    ]);
    expect((await boss('games', { id: 'my-game', scenario: QUICK }).expect(409)).body.code).toBe(
      'game_exists',
    );
    const [entry] = await control.auditOf('my-game');
    expect(entry).toMatchObject({
      action: 'game.created',
      actor: { role: 'facilitator', label: 'boss' },
      details: { teams: 2 },
    });
  });

  it('refuses a bad scenario with every mistake at its line', async () => {
    const broken = QUICK.replace(/^duration:.*$/m, 'duration: soon').replace(/^name:.*$/m, 'nmae: x');
    const { body } = await boss('games', { scenario: broken }).expect(422);
    expect(body).toMatchObject({ code: 'invalid_scenario', status: 422 });
    const lineOf = (text: string): number =>
      broken.split('\n').findIndex((line) => line.startsWith(text)) + 1;
    const places = (body.errors as { path: string; line: number }[]).map(
      ({ path, line }) => `${path} ${line}`,
    );
    expect(places).toContain(`nmae ${lineOf('nmae')}`);
    expect(places).toContain(`duration ${lineOf('duration')}`);
    const yaml = await control
      .call('post', 'games', { as: control.boss, type: 'application/yaml', body: 'a: [' })
      .expect(422);
    expect(yaml.body.code).toBe('invalid_scenario');
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    for (const body of [
      `{"scenario":{"name":${deep}}}`,
      `{"scenario":${JSON.stringify(QUICK)},"teams":[{"name":${deep}}]}`,
    ]) {
      const as = control.boss;
      const nested = await control.call('post', 'games', { as, type: 'application/json', body }).expect(422);
      expect(nested.body.detail).toContain('nested too deeply');
    }
    const json = await boss('games', { scenario: { name: 'x' } }).expect(422);
    expect(json.body.errors[0].line).toBeUndefined();
  });

  it('refuses faults that no driver knows, and parameters that its driver would refuse', async () => {
    const fault = { at: '10s', id: 'odd', service: 'router', ttl: '10s', teams: 'all', label: 'Odd' };
    const timeline = [
      { ...fault, fault: 'meteor' },
      { ...fault, id: 'slow', at: '40s', fault: 'slow', params: { speed: 1 } },
    ];
    const scenario = { ...(parse(QUICK) as object), timeline };
    const { body } = await boss('games', { scenario }).expect(422);
    expect(body).toMatchObject({ code: 'invalid_scenario' });
    expect(body.errors).toEqual([
      {
        path: 'timeline[0].fault',
        message: expect.stringMatching(/^unknown fault "meteor"; allowed: .*crash, .*slow, /) as unknown,
      },
      { path: 'timeline[1].params', message: expect.stringContaining('speed is not known') as unknown },
    ]);
  });

  it.each<[string, object, number, string]>([
    ['no scenario', {}, 400, 'bad_request'],
    ['an unknown field', { scenario: QUICK, speed: 3 }, 400, 'bad_request'],
    ['a malformed id', { scenario: QUICK, id: 'A B' }, 400, 'bad_request'],
    ['bad teams', { scenario: QUICK, teams: [{ name: 'A' }, { name: 'a' }] }, 422, 'invalid_teams_file'],
  ])('refuses %s', async (_, body, status, code) => {
    expect((await boss('games', body).expect(status)).body.code).toBe(code);
  });

  it('is for facilitators of all games', async () => {
    await control.call('post', 'games', { body: { scenario: QUICK } }).expect(401);
    const reader = await control.token({ role: 'read-only' });
    await control.call('post', 'games', { as: reader, body: { scenario: QUICK } }).expect(403);
    await control.call('get', 'games', { as: reader }).expect(200);
    const limited = await control.token({ role: 'facilitator', gameId: 'other' });
    await control.call('post', 'games', { as: limited, body: { scenario: QUICK } }).expect(403);
  });
});

describe('the life of a game, by hand', () => {
  it('goes through every step, each with the instant from which it holds', async () => {
    const id = await control.newGame();
    const step = async (name: string, body?: object, status = 200) =>
      (await boss(`games/${id}/${name}`, body).expect(status)).body as Record<string, unknown>;

    const start = Math.ceil((control.nowMs + 60_000) / 1000) * 1000;
    expect(await step('schedule', { startsAt: control.nowMs + 60_000 })).toMatchObject({
      state: 'lobby',
      startsAt: start,
      effectiveAt: start,
    });
    const started = await step('start');
    const startsAt = started['startsAt'] as number;
    expect(started).toMatchObject({ effectiveAt: startsAt, endsAt: startsAt + 60_000 });
    expect(startsAt).toBeLessThan(start);

    control.nowMs = startsAt + 6_000;
    expect(await step('pause', { reason: 'lunch' })).toMatchObject({
      state: 'paused',
      effectiveAt: startsAt + 10_000,
    });
    control.nowMs = startsAt + 20_000;
    expect(await step('resume')).toMatchObject({ state: 'running', effectiveAt: startsAt + 25_000 });
    expect(await step('thaw', undefined, 409)).toMatchObject({ code: 'wrong_state' });
    expect(await step('freeze')).toMatchObject({
      frozenAt: startsAt + 25_000,
      effectiveAt: startsAt + 25_000,
    });
    expect(await step('freeze')).toMatchObject({ frozenAt: startsAt + 25_000 });
    control.nowMs += 8_000;
    expect(await step('thaw')).toMatchObject({ frozenAt: null, effectiveAt: control.nowMs });
    expect(await step('freeze')).toMatchObject({ frozenAt: startsAt + 30_000 });
    expect(await step('reveal', undefined, 409)).toMatchObject({ code: 'wrong_state' });
    expect(await step('seal', undefined, 409)).toMatchObject({ code: 'wrong_state' });
    expect(await step('end')).toMatchObject({ state: 'ended', effectiveAt: startsAt + 30_000 });
    control.nowMs = startsAt + 30_000;
    expect(await step('seal')).toMatchObject({ state: 'ended', effectiveAt: control.nowMs });
    expect(await step('reveal', undefined, 409)).toMatchObject({
      code: 'wrong_state',
      detail: expect.stringContaining('being scored') as string,
    });
    await control.scoreLast(id);
    await tick();
    expect(await step('seal')).toMatchObject({ state: 'sealed', effectiveAt: control.nowMs });
    expect(await step('thaw', undefined, 409)).toMatchObject({ code: 'wrong_state' });
    expect(await step('pause', undefined, 409)).toMatchObject({ code: 'game_over' });
    control.nowMs += 1000;
    expect(await step('reveal')).toMatchObject({ state: 'sealed', revealedAt: control.nowMs });
    control.nowMs += 1000;
    expect(await step('reveal')).toMatchObject({
      revealedAt: control.nowMs - 1000,
      effectiveAt: control.nowMs - 1000,
    });

    const events = await control.eventsOf(id);
    const schedule = events.reduce(applyScheduleEvent, GameSchedule.lobby(5000));
    expect(schedule.stateAt(control.nowMs)).toBe('sealed');
    expect(hiddenFromAt(events.reduce(applyFreezeEvent, NO_FREEZE), control.nowMs)).toBe(null);
    const actions = (await control.auditOf(id)).map(({ action }) => action);
    expect(actions).toEqual([
      'game.created',
      'game.scheduled',
      'game.scheduled',
      'game.paused',
      'game.resumed',
      'game.frozen',
      'game.thawed',
      'game.frozen',
      'game.ended',
      'game.sealed',
      'game.revealed',
    ]);
  });

  it.each<[string, string, object, string]>([
    ['a start in the past', 'schedule', { startsAt: 1_700_000_000_000 }, 'lies in the past'],
    ['a start in seconds', 'schedule', { startsAt: 1_700_000_000 }, 'epoch milliseconds'],
    ['a start that is no number', 'schedule', { startsAt: '2026-01-01' }, 'epoch milliseconds'],
    ['an unknown field', 'start', { at: 5 }, 'not known here'],
    ['a reason of two lines', 'pause', { reason: 'a\nb' }, 'one line'],
  ])('refuses %s', async (_, name, body, words) => {
    const id = await control.newGame();
    const refused = await boss(`games/${id}/${name}`, body).expect(400);
    expect(refused.body).toMatchObject({
      code: 'bad_request',
      detail: expect.stringContaining(words) as string,
    });
  });

  it.each(['schedule', 'start', 'pause', 'resume', 'freeze', 'thaw', 'end', 'seal', 'reveal'])(
    '%s is for facilitators of that game only',
    async (name) => {
      const id = await control.newGame();
      const path = `games/${id}/${name}`;
      const body = name === 'schedule' ? { startsAt: control.nowMs + 5000 } : {};
      await control.call('post', path, { body }).expect(401);
      for (const role of ['team', 'prober', 'integration', 'read-only'] as const)
        await control.call('post', path, { as: await control.token({ role, gameId: id }), body }).expect(403);
      const other = await control.token({ role: 'facilitator', gameId: 'other' });
      await control.call('post', path, { as: other, body }).expect(403);
      expect(await control.auditOf(id)).toHaveLength(1);
    },
  );
});

describe('the life of a game, by schedule', () => {
  const scenario = { freezeAtMs: 30_000, ceremony: { revealAfterMs: 20_000, introduced: 5, prizes: 3 } };

  it('freezes on game time, ends, is sealed when all is scored, and revealed', async () => {
    const { id, startsAt } = await control.runningGame(scenario);
    const at = async (ms: number) => {
      control.nowMs = startsAt + ms;
      await tick();
      return control.games.game(id);
    };
    expect(await at(12_000)).toMatchObject({ state: 'running', frozenAt: null });
    await boss(`games/${id}/pause`).expect(200); // from 15 s
    expect(await at(29_000)).toMatchObject({ frozenAt: null });
    await boss(`games/${id}/resume`).expect(200); // at 35 s: twenty seconds later
    expect(await at(46_000)).toMatchObject({ frozenAt: null });
    expect(await at(47_500)).toMatchObject({ frozenAt: startsAt + 50_000 });
    expect(await at(79_000)).toMatchObject({ state: 'running', endsAt: startsAt + 80_000 });
    expect(await at(80_000)).toMatchObject({ state: 'ended' });
    expect(await at(80_250)).toMatchObject({ state: 'ended' });
    await control.database.query(
      `INSERT INTO team_score SELECT game_id, id, 0, 1, jsonb_build_object('asOf', $2::int8) FROM team WHERE game_id = $1`,
      [id, startsAt + 80_000],
    );
    expect(await at(80_500)).toMatchObject({ state: 'ended', sealedAt: startsAt + 80_500 });
    await control.scoreLast(id);
    expect(await at(80_750)).toMatchObject({ state: 'sealed', revealedAt: null });
    expect(await at(100_499)).toMatchObject({ revealedAt: null });
    expect(await at(100_500)).toMatchObject({ revealedAt: startsAt + 100_500 });
    const bySchedule = (await control.auditOf(id)).filter(({ actor }) => actor.label === 'schedule');
    expect(bySchedule.map(({ action, actor }) => [action, actor.role])).toEqual([
      ['game.frozen', 'system'],
      ['game.ended', 'system'],
      ['game.sealed', 'system'],
      ['game.revealed', 'system'],
    ]);
  });

  it.each([1_000, 30_000, 60_000])(
    'seals in the end although a prober went silent: when a request of %i ms had its time, and its result, too',
    async (timeoutMs) => {
      const { id, startsAt } = await control.runningGame({ probing: { timeoutMs, maxBodyBytes: 1000 } });
      const overAt = startsAt + 60_000;
      const lastAt = overAt + timeoutMs + DELIVERY_MARGIN_MS;
      for (const [at, isClosed] of [
        [overAt, false],
        [overAt + 1, false],
        [lastAt, false],
        [lastAt + 1, true],
      ] as const) {
        control.nowMs = at;
        await tick();
        const { sealedAt } = await control.games.game(id);
        expect([at - overAt, sealedAt]).toEqual([at - overAt, isClosed ? at : null]);
      }
    },
  );

  it('does not freeze again what was thawed by hand, nor reveal what is revealed by hand only', async () => {
    const { id, startsAt } = await control.runningGame({
      ...scenario,
      ceremony: { ...scenario.ceremony, revealAfterMs: null },
    });
    control.nowMs = startsAt + 29_000;
    await tick();
    await boss(`games/${id}/thaw`).expect(200);
    control.nowMs = startsAt + 31_000;
    await tick();
    expect(await control.games.game(id)).toMatchObject({ frozenAt: null });
    await boss(`games/${id}/freeze`).expect(200);
    control.nowMs = startsAt + 60_000;
    await tick();
    control.nowMs += 1000;
    await boss(`games/${id}/seal`).expect(200);
    await control.scoreLast(id);
    control.nowMs += 3_600_000;
    await tick();
    expect(await control.games.game(id)).toMatchObject({ state: 'sealed', revealedAt: null });
  });

  it('a start that is due later is kept by the schedule alone', async () => {
    const id = await control.newGame();
    const startsAt = control.nowMs + 5_000;
    await boss(`games/${id}/schedule`, { startsAt }).expect(200);
    control.nowMs = startsAt;
    const { body } = await control.call('get', `games/${id}`, { as: control.boss }).expect(200);
    expect(body).toMatchObject({ state: 'running', startsAt });
  });
});

describe('two facilitators at once', () => {
  it('have one order: audit entries and events agree, nothing is lost, the chain holds', async () => {
    const { id } = await control.runningGame();
    const tokens = [
      await control.token({ role: 'facilitator', label: 'ann' }),
      await control.token({ role: 'facilitator', label: 'bob' }),
    ];
    const calls = Array.from({ length: 40 }, (_, n) => {
      const as = tokens[n % 2]!;
      if (n % 4 < 2)
        return control.call('post', `games/${id}/${n % 8 < 4 ? 'pause' : 'resume'}`, { as, body: {} });
      return control.call('post', 'adjustments', {
        as,
        body: { game: id, teamId: 'fenrir', cents: n + 1, reason: `reason ${n}` },
      });
    });
    const answers = await Promise.all(calls.map(async (call) => (await call).status));
    const done = answers.filter((status) => status < 300).length;
    expect(answers.filter((status) => status !== 409 && status >= 300)).toEqual([]);
    const events = (await control.eventsOf(id)).slice(4);
    const audit = (await control.auditOf(id)).slice(2);
    expect(events).toHaveLength(done);
    expect(new Set(audit.map(({ actor }) => actor.label))).toEqual(new Set(['ann', 'bob']));
    expect(audit.map(({ action, details }) => [action, details['reason']])).toEqual(
      events.map((event: GameEvent) => [
        event.type.slice('dev.payday.'.length),
        'reason' in event.data && event.type !== 'dev.payday.game.paused'
          ? event.data.reason
          : event.type === 'dev.payday.game.paused'
            ? 'paused by the facilitator'
            : undefined,
      ]),
    );
    expect((await verifyAuditChain(control.database)).intact).toBe(true);
  });
});

test('a change that can’t be audited does not happen', async () => {
  const { id } = await control.runningGame();
  const before = (await control.eventsOf(id)).length;
  await control.database.query(
    `ALTER TABLE audit_log ADD CONSTRAINT no_pause CHECK (action <> 'game.paused') NOT VALID`,
  );
  try {
    await boss(`games/${id}/pause`, {}).expect(500);
    expect(await control.games.game(id)).toMatchObject({ state: 'running' });
    expect(await control.eventsOf(id)).toHaveLength(before);
  } finally {
    await control.database.query('ALTER TABLE audit_log DROP CONSTRAINT no_pause');
  }
});

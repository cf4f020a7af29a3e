import { Ajv } from 'ajv';
import { say, until, useChaosSocket } from '../testing/chaos-socket.js';
import { COMMAND_MESSAGES } from './command-messages.js';

const bench = useChaosSocket();
const { facilitator, injection, published } = bench;

describe('commands', () => {
  it('previews, injects once, pushes, lists and stops; every answer matches its published schema', async () => {
    const socket = await facilitator();
    const received: { event: string; payload: Record<string, unknown> }[] = [];
    socket.onAny((event: string, payload: Record<string, unknown>) => received.push({ event, payload }));
    const { commandId, ...request } = injection();
    const preview = await say(socket, 'fault:preview', request);
    expect(preview.result).toMatchObject({ blastRadius: { teams: 1, ofTeams: 2 }, confirmation: null });
    const { previewId } = preview.result!;
    const inject = await say(socket, 'fault:inject', { commandId, ...request, previewId });
    const [again, list] = await Promise.all([
      say(socket, 'fault:inject', { commandId, ...request, previewId }),
      say(socket, 'fault:list', { unfinished: true }),
    ]);
    expect(again).toEqual(inject);
    expect(list.result!['faults']).toHaveLength(1);
    const state = (name: string): boolean =>
      received.some(
        ({ event, payload }) =>
          event === 'fault:changed' && (payload['fault'] as { state: string }).state === name,
      );
    await until(() => state('active'));
    const stop = await say(socket, 'fault:stop', {
      commandId: `s-${commandId}`,
      injectionId: `hand.${commandId}`,
    });
    expect(stop.result).toMatchObject({ verified: [{ state: 'reverted' }], unverified: [] });
    await until(() => received.filter(({ event }) => event === 'audit').length >= 2);
    const audited = received.filter(({ event }) => event === 'audit').map(({ payload }) => payload['action']);
    expect(audited).toEqual(expect.arrayContaining(['fault.injected']));

    const document = await published();
    const ajv = new Ajv({ strict: false });
    ajv.addSchema({ $id: 'payday', components: document.components });
    const conforms = (key: string, value: unknown): void => {
      const { $ref } = document.components.messages[key]!.payload;
      const validate = ajv.compile({ $ref: `payday${$ref}` });
      if (!validate(value))
        throw new Error(`${key}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`);
    };
    conforms('chaos.fault.preview.answer', preview);
    conforms('chaos.fault.inject.answer', inject);
    conforms('chaos.fault.list.answer', list);
    conforms('chaos.fault.stop.answer', stop);
    conforms('chaos.fault.inject', { commandId, ...request });
    for (const { event, payload } of received) conforms(`chaos.push.${event.replace(':', '.')}`, payload);
    expect(() => conforms('chaos.fault.inject.answer', { ok: true })).toThrow('must');
  });

  it.each<[string, string, unknown[], string]>([
    ['an unknown command', 'fault:explode', [{}], 'not_found'],
    ['a method of objects', 'constructor', [{}], 'not_found'],
    ['no payload', 'fault:inject', [], 'bad_request'],
    ['null', 'fault:list', [null], 'bad_request'],
    ['a text', 'fault:stop-all', ['please'], 'bad_request'],
    ['two payloads', 'fault:list', [{}, {}], 'bad_request'],
    ['an unknown key', 'fault:list', [{ teem: 'x' }], 'bad_request'],
    ['no time to live', 'fault:inject', [injection({ ttlMs: undefined })], 'bad_request'],
    ['a bad id', 'fault:inject', [injection({ commandId: 'a b' })], 'bad_request'],
    ['nothing to stop', 'fault:stop', [{ commandId: 'z' }], 'bad_request'],
    ['an unknown fault', 'fault:stop', [{ commandId: 'z', faultId: 'no/body' }], 'unknown_fault'],
    [
      'an unknown kind',
      'fault:preview',
      [{ ...injection({ kind: 'meteor' }), commandId: undefined }],
      'unknown_fault_kind',
    ],
    ['half a character', 'fault:inject', [injection({ label: 'half a unicorn \ud83e' })], 'bad_request'],
    ['half a reason', 'fault:stop-all', [{ commandId: 'half', reason: '\ud83e' }], 'bad_request'],
    ['text that turns text around', 'fault:inject', [injection({ label: 'a\u202eb' })], 'bad_request'],
    ['a missing confirmation', 'fault:inject', [injection({ teams: 'all' })], 'confirmation_required'],
    ['a reason where there is none', 'game:end', [{ commandId: 'z', reason: 'x' }], 'bad_request'],
  ])('answers %s with a typed error', async (_, event, payload, code) => {
    const socket = await facilitator();
    const answer = await say(socket, event, ...payload);
    expect(answer).toMatchObject({ ok: false, error: { code, message: expect.any(String) } });
    socket.emit(event, ...payload);
    expect(await say(socket, 'fault:list', {})).toMatchObject({ ok: true });
  });

  it('forwards life-cycle commands to control, with the facilitator’s own token, once per id', async () => {
    const socket = await facilitator();
    const pause = { commandId: 'pause-1', gameId: 'game', reason: 'lunch' };
    const [first, again] = await Promise.all([
      say(socket, 'game:pause', pause),
      say(socket, 'game:pause', pause),
    ]);
    expect(first).toEqual({ ok: true, result: { id: 'game', state: 'paused', effectiveAt: 5_000 } });
    expect(again).toEqual(first);
    expect(bench.asked).toEqual([
      { path: '/api/v1/games/game/pause', authorization: `Bearer ${bench.boss}`, body: '{"reason":"lunch"}' },
    ]);
    expect((await say(socket, 'game:resume', { commandId: 'pause-1', gameId: 'game' })).error?.code).toBe(
      'command_conflict',
    );
    expect(await say(socket, 'game:end', { commandId: 'end-1', gameId: 'game' })).toMatchObject({
      ok: false,
      error: { code: 'wrong_state', message: 'The game has ended.' },
    });
  });
});

describe('the AsyncAPI document', () => {
  it('has every command with its answer, and every reference resolves', async () => {
    const document = await published();
    for (const event of Object.keys(COMMAND_MESSAGES)) {
      const key = `chaos.${event.replace(':', '.')}`;
      expect(document.operations[key]).toMatchObject({
        action: 'receive',
        reply: expect.any(Object) as object,
      });
      expect(document.components.messages[key]!.name).toBe(event);
      expect(document.components.messages[`${key}.answer`]).toBeDefined();
    }
    const follow = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      const { $ref } = value as { $ref?: string };
      if ($ref !== undefined) {
        let at: unknown = document;
        for (const step of $ref.slice(2).split('/')) at = (at as Record<string, unknown>)[step];
        if (at === undefined) throw new Error(`${$ref} leads nowhere`);
      }
      Object.values(value).forEach(follow);
    };
    follow(document);
  });

  it('is valid AsyncAPI 3.0', async () => {
    const { default: specs } = (await import('@asyncapi/specs')) as unknown as {
      default: { schemasWithoutId: Record<string, object> };
    };
    const { default: addFormats } = (await import('ajv-formats')) as unknown as {
      default: { default?: (ajv: Ajv) => void } & ((ajv: Ajv) => void);
    };
    const ajv = new Ajv({ strict: false, allErrors: true });
    (addFormats.default ?? addFormats)(ajv);
    const validate = ajv.compile(specs.schemasWithoutId['3.0.0']!);
    validate(await published());
    expect(validate.errors ?? []).toEqual([]);
  });
});

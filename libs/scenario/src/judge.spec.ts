import fc from 'fast-check';
import type { CheckSpec } from '#contracts';
import { MAX_JUDGEMENT_LENGTH, judge, renderRequest } from './index.js';

const check = (
  part: Partial<CheckSpec['request']>,
  expect: Partial<CheckSpec['expect']> = {},
): CheckSpec => ({
  id: 'quote',
  weight: 1,
  request: { method: 'GET', path: '/', headers: {}, ...part },
  expect: { status: 200, ...expect },
  cases: [{ id: 'old gold/7?', days: 3, vip: true, text: '{{days}}' }],
});
const json = (value: unknown): { status: number; bodyText: string } => ({
  status: 200,
  bodyText: JSON.stringify(value),
});

describe('renderRequest', () => {
  it('encodes values in the path and nowhere else', () => {
    const spec = check({
      path: '/quotes/{{id}}?days={{ days }}',
      method: 'POST',
      headers: { 'Idempotency-Key': 'k-{{uuid}}', 'X-Item': '{{id}}' },
      body: 'item={{id}}',
    });
    expect(renderRequest(spec, 0, 'u-1')).toEqual({
      method: 'POST',
      path: '/quotes/old%20gold%2F7%3F?days=3',
      headers: { 'Idempotency-Key': 'k-u-1', 'X-Item': 'old gold/7?' },
      body: 'item=old gold/7?',
      expect: { status: 200 },
    });
  });

  it('keeps the type of a value that stands alone, and sends JSON', () => {
    const spec = check(
      { method: 'POST', body: { days: '{{days}}', vip: ['{{vip}}'], note: '{{days}} days', id: '{{uuid}}' } },
      { json: { days: '{{days}}', key: '{{uuid}}' }, contains: '{{days}}' },
    );
    const { body, headers, expect: expected } = renderRequest(spec, 0, 'u-1');
    expect(JSON.parse(body!)).toEqual({ days: 3, vip: [true], note: '3 days', id: 'u-1' });
    expect(headers).toEqual({ 'content-type': 'application/json' });
    expect(expected).toEqual({ status: 200, json: { days: 3, key: 'u-1' }, contains: '3' });
  });

  it('leaves a named content type alone', () => {
    const spec = check({ method: 'POST', headers: { 'Content-Type': 'application/merge+json' }, body: {} });
    expect(renderRequest(spec, 0, 'u').headers).toEqual({ 'Content-Type': 'application/merge+json' });
  });

  it('does not fill what a value brings in', () => {
    expect(renderRequest(check({ path: '/{{text}}' }), 0, 'u').path).toBe('/%7B%7Bdays%7D%7D');
  });

  it('refuses unknown cases', () => {
    expect(() => renderRequest(check({}), 1, 'u')).toThrow('check "quote" has no case 1');
  });
});

describe('judge', () => {
  it.each<[what: string, expected: unknown, actual: unknown]>([
    ['equal objects', { a: 1 }, { a: 1 }],
    ['more than was expected', { a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 }],
    ['equal lists', { a: [1, { b: [] }] }, { a: [1, { b: [] }] }],
    ['null', { a: null }, { a: null }],
    ['another order of keys', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['an empty object', {}, { a: 1 }],
    ['a scalar', 7, 7],
  ])('accepts %s', (_, expected, actual) => {
    expect(judge({ status: 200, json: expected }, json(actual))).toEqual({ ok: true });
  });

  it.each<[expected: unknown, actual: unknown, saysExpected: string, saysGot: string]>([
    [{ totalCents: 100 }, { totalCents: 67 }, 'totalCents = 100', 'totalCents = 67'],
    [{ totalCents: 100 }, { totalCents: '100' }, 'totalCents = 100', 'totalCents = "100"'],
    [{ a: { b: 1 } }, { a: {} }, 'a.b = 1', 'no a.b in the answer'],
    [{ a: { b: 1 } }, { a: [] }, 'a = {"b":1}', 'a = []'],
    [{ a: { b: 1 } }, { a: null }, 'a = {"b":1}', 'a = null'],
    [[1, 2], [2, 1], '[0] = 1', '[0] = 2'],
    [[1], [1, 2], 'a list of 1 entry', 'a list of 2 entries'],
    [{ a: [1] }, { a: { 0: 1, length: 1 } }, 'a = [1]', 'a = {"0":1,"length":1}'],
    [[{ a: 1 }], [{ a: 1, b: 2 }], '[0] = {"a":1}', '[0] = "b" besides'],
    [{ toString: 1 }, {}, 'toString = 1', 'no toString in the answer'],
    [null, {}, 'null', '{}'],
  ])('refuses another answer than %j: %j', (expected, actual, saysExpected, saysGot) => {
    expect(judge({ status: 200, json: expected }, json(actual))).toEqual({
      ok: false,
      outcome: 'wrong_body',
      expected: saysExpected,
      got: saysGot,
    });
  });

  it('looks at the status first', () => {
    expect(judge({ status: 201, json: { a: 1 } }, { status: 500, bodyText: '' })).toEqual({
      ok: false,
      outcome: 'bad_status',
      expected: 'status 201',
      got: 'status 500, empty body',
    });
    expect(judge({ status: 200 }, { status: 404, bodyText: '<h1>\r\nno\u0007</h1>' })).toMatchObject({
      got: 'status 404: <h1> no\uFFFD</h1>',
    });
  });

  it('looks for text', () => {
    expect(
      judge({ status: 200, contains: 'horn' }, { status: 200, bodyText: 'unicorns have a horn' }),
    ).toEqual({ ok: true });
    expect(judge({ status: 200, contains: 'horn' }, { status: 200, bodyText: 'horses' })).toEqual({
      ok: false,
      outcome: 'wrong_body',
      expected: 'text containing "horn"',
      got: 'text: horses',
    });
  });

  it('says what came instead of JSON', () => {
    expect(judge({ status: 200, json: { a: 1 } }, { status: 200, bodyText: '<html>' })).toEqual({
      ok: false,
      outcome: 'wrong_body',
      expected: 'JSON: {"a":1}',
      got: 'no JSON: <html>',
    });
  });

  it('survives what hostile services send', () => {
    const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    for (const bodyText of [
      deep,
      '['.repeat(100_000),
      '{"__proto__":{"a":1}}',
      '\ud800',
      '\u202eevil',
      'x'.repeat(1e6),
    ]) {
      const judged = judge({ status: 200, json: { a: 1 } }, { status: 200, bodyText });
      expect(judged).toMatchObject({ ok: false, outcome: 'wrong_body' });
    }
    expect(judge({ status: 200 }, { status: 500, bodyText: '\u202eevil' })).toMatchObject({
      got: 'status 500: \uFFFDevil',
    });
  });

  it('accepts every JSON value as itself, and with more keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // JSON has no −0.
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(judge({ status: 200, json: plain }, json(plain))).toEqual({ ok: true });
        expect(judge({ status: 200, json: { plain } }, json({ plain, more: 1 }))).toEqual({ ok: true });
      }),
    );
  });

  it('keeps its texts short and printable, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.jsonValue(),
        fc.integer(),
        (bodyText, expected, status) => {
          for (const answer of [{ status, bodyText }, { status: 200, bodyText }, json({ bodyText })]) {
            const judged = judge({ status: 200, json: { expected }, contains: 'x' }, answer);
            if (judged.ok) continue;
            for (const text of [judged.expected, judged.got]) {
              expect(text.length).toBeLessThanOrEqual(MAX_JUDGEMENT_LENGTH);
              expect(text).not.toMatch(/[\p{Cc}\p{Cs}]/u);
            }
          }
        },
      ),
    );
  });
});

import type { CheckSpec } from '#contracts';
import { plainText, showValue } from './plain-text.js';

/** Both texts: one line, at most this many characters, control characters replaced. */
export const MAX_JUDGEMENT_LENGTH = 200;
/** Length of a displayed body excerpt, and of the input it is made from. */
const MAX_EXCERPT = 160;
const MAX_EXCERPT_INPUT = 1_000;

export type Judgement =
  { ok: true } | { ok: false; outcome: 'bad_status' | 'wrong_body'; expected: string; got: string };

/**
 * Whether an answer is right: first its status, then its JSON (objects may hold more than expected; arrays and
 * scalars must be equal), then the text that it must contain. Never throws, whatever the answer contains.
 * @param expect of `renderRequest`: without placeholders.
 */
export function judge(expect: CheckSpec['expect'], answer: { status: number; bodyText: string }): Judgement {
  if (answer.status !== expect.status)
    return wrong(
      'bad_status',
      `status ${expect.status}`,
      `status ${answer.status}${excerpt(answer.bodyText)}`,
    );
  if (expect.json !== undefined) {
    let parsed: unknown;
    try {
      parsed = JSON.parse(answer.bodyText);
    } catch {
      return wrong('wrong_body', `JSON: ${show(expect.json)}`, `no JSON${excerpt(answer.bodyText)}`);
    }
    const difference = firstDifference(expect.json, parsed, '');
    if (difference !== undefined) return wrong('wrong_body', difference.expected, difference.got);
  }
  if (expect.contains !== undefined && !answer.bodyText.includes(expect.contains))
    return wrong('wrong_body', `text containing ${show(expect.contains)}`, `text${excerpt(answer.bodyText)}`);
  return { ok: true };
}

function wrong(outcome: 'bad_status' | 'wrong_body', expected: string, got: string): Judgement {
  return {
    ok: false,
    outcome,
    expected: plainText(expected, MAX_JUDGEMENT_LENGTH),
    got: plainText(got, MAX_JUDGEMENT_LENGTH),
  };
}

interface Difference {
  expected: string;
  got: string;
}

/** Recurses only as deep as `expected`, which is trusted; `actual` may be nested arbitrarily deep. */
function firstDifference(
  expected: unknown,
  actual: unknown,
  path: string,
  exact = false,
): Difference | undefined {
  const differ = (got: string): Difference => ({ expected: `${at(path)}${show(expected)}`, got });
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return differ(`${at(path)}${show(actual)}`);
    if (actual.length !== expected.length)
      return {
        expected: `${at(path)}${entries(expected.length)}`,
        got: `${at(path)}${entries(actual.length)}`,
      };
    return firstOf(expected, (item, index) =>
      firstDifference(item, actual[index], `${path}[${index}]`, true),
    );
  }
  if (isObject(expected)) {
    if (!isObject(actual)) return differ(`${at(path)}${show(actual)}`);
    const keys = Object.keys(expected);
    const difference = firstOf(keys, (key) => {
      const inner = path === '' ? key : `${path}.${key}`;
      if (!Object.hasOwn(actual, key))
        return { expected: `${at(inner)}${show(expected[key])}`, got: `no ${inner} in the answer` };
      return firstDifference(expected[key], actual[key], inner, exact);
    });
    if (difference !== undefined || !exact) return difference;
    const extra = Object.keys(actual).find((key) => !Object.hasOwn(expected, key));
    return extra === undefined ? undefined : differ(`${at(path)}${show(extra)} besides`);
  }
  return expected === actual ? undefined : differ(`${at(path)}${show(actual)}`);
}

function firstOf<T>(
  items: readonly T[],
  find: (item: T, index: number) => Difference | undefined,
): Difference | undefined {
  for (const [index, item] of items.entries()) {
    const difference = find(item, index);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

const at = (path: string): string => (path === '' ? '' : `${path} = `);
const show = (value: unknown): string => showValue(value, 120);
const entries = (count: number): string => `a list of ${count} ${count === 1 ? 'entry' : 'entries'}`;
/** The start of a body on one line: the indentation of an error page does not help a team. */
function excerpt(body: string): string {
  if (body === '') return ', empty body';
  const line = body.slice(0, MAX_EXCERPT_INPUT).replace(/\s+/g, ' ').trim();
  return `: ${plainText(line, MAX_EXCERPT)}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

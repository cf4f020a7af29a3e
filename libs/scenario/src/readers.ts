import { ID_PATTERN, suggest } from '#kernel';
import type { Path } from './file-error.js';
import { formatDuration, parseDuration } from './duration.js';
import { plainText, showValue } from './plain-text.js';
import type { Report } from './yaml-source.js';

/**
 * Readers turn plain values into typed ones. A refused value is reported and becomes `undefined`, and reading
 * continues: one pass finds every mistake, and checks across fields can still examine the rest.
 * (Schema libraries do neither: they give no value for imperfect input, and no list of allowed keys.)
 */
export type Reader<T> = (value: unknown, path: Path, report: Report) => T | undefined;

interface Field<T> {
  read: Reader<T>;
  /** Used when the key is absent; `required` refuses that. */
  fallback: T | undefined;
  required: boolean;
}
type Fields = Record<string, Field<unknown>>;
/** The result of an object reader: any field may be missing because it was refused. */
type Draft<F extends Fields> = { [K in keyof F]: F[K] extends Field<infer T> ? T | undefined : never };

/** A draft in which nothing was refused. */
export type Complete<T> = T extends (infer U)[]
  ? Complete<Exclude<U, undefined>>[]
  : T extends object
    ? { [K in keyof T]: Complete<Exclude<T[K], undefined>> }
    : T;

export const required = <T>(read: Reader<T>): Field<T> => ({ read, fallback: undefined, required: true });
export const optional = <T>(read: Reader<T>, fallback?: T): Field<T> => ({ read, fallback, required: false });

/** A mapping with exactly these keys. A key with an empty value counts as absent. */
export function object<F extends Fields>(fields: F): Reader<Draft<F>> {
  const allowed = Object.keys(fields);
  return (value, path, report) => {
    if (!isMapping(value)) {
      report(path, `expected a mapping, got ${showValue(value)}`, allowed);
      return undefined;
    }
    for (const key of Object.keys(value)) {
      if (Object.hasOwn(fields, key)) continue;
      const meant = suggest(key, allowed);
      report([...path, key], `unknown key${meant === undefined ? '' : ` (did you mean ${meant}?)`}`, allowed);
    }
    const draft: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(fields)) {
      const raw = Object.hasOwn(value, key) ? value[key] : undefined;
      if (raw !== undefined && raw !== null) draft[key] = field.read(raw, [...path, key], report);
      else if (field.required) report([...path, key], 'is required');
      else draft[key] = field.fallback;
    }
    return draft as Draft<F>;
  };
}

/** A list; refused items remain as `undefined` so that indexes stay valid. */
export function list<T>(read: Reader<T>, min: number, max: number): Reader<(T | undefined)[]> {
  return (value, path, report) => {
    if (!Array.isArray(value)) {
      report(path, `expected a list, got ${showValue(value)}`);
      return undefined;
    }
    if (value.length < min || value.length > max) {
      report(path, `has ${value.length} entries; ${min} to ${max} are allowed`);
      if (value.length > max) return undefined;
    }
    return value.map((item, index) => read(item, [...path, index], report));
  };
}

/** A mapping with arbitrary keys; refused values remain as `undefined`. `keyProblem` returns what is wrong with a key, if anything. */
export function record<T>(
  read: Reader<T>,
  max: number,
  keyProblem: (key: string) => string | undefined,
): Reader<Record<string, T | undefined>> {
  return (value, path, report) => {
    if (!isMapping(value)) {
      report(path, `expected a mapping, got ${showValue(value)}`);
      return undefined;
    }
    const keys = Object.keys(value);
    if (keys.length > max) report(path, `has ${keys.length} keys; at most ${max} are allowed`);
    const entries = keys.slice(0, max).map((key): [string, T | undefined] => {
      const problem = keyProblem(key);
      if (problem !== undefined) report([...path, key], problem);
      return [key, read(value[key], [...path, key], report)];
    });
    return Object.fromEntries(entries);
  };
}

/** Text of one line unless `multiline`, `min` to `max` characters, without control characters. */
export function text(min: number, max: number, multiline = false): Reader<string> {
  return (value, path, report) => {
    if (typeof value !== 'string') {
      report(path, `expected text, got ${showValue(value)}`);
      return undefined;
    }
    const trimmed = value.trim();
    const length = [...trimmed].length;
    const printable = multiline ? trimmed.replace(/[\n\t]/g, ' ') : trimmed;
    if (length < min || length > max) report(path, `has ${length} characters; ${min} to ${max} are allowed`);
    else if (plainText(printable, printable.length) !== printable)
      report(path, `must not hold control characters${multiline ? '' : ' or line breaks'}`);
    else return trimmed;
    return undefined;
  };
}

export const id: Reader<string> = (value, path, report) => {
  const given = typeof value === 'number' ? String(value) : value;
  if (typeof given === 'string' && ID_PATTERN.test(given)) return given;
  report(
    path,
    `${showValue(value)} is not an id: 1 to 40 lower-case letters, digits and inner hyphens are allowed`,
  );
  return undefined;
};

export function integer(min: number, max: number): Reader<number> {
  return (value, path, report) => {
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max)
      return value as number;
    report(path, `must be a whole number from ${min} to ${max}, got ${showValue(value)}`);
    return undefined;
  };
}

/** Milliseconds. */
export function duration(minMs: number, maxMs: number): Reader<number> {
  return (value, path, report) => {
    const ms = parseDuration(value);
    if (ms === undefined) {
      report(
        path,
        `${showValue(value)} is not a duration; write 10m, 90s, 1h30m, 500ms or a whole number of milliseconds`,
      );
    } else if (ms < minMs || ms > maxMs) {
      report(
        path,
        `must be from ${formatDuration(minMs)} to ${formatDuration(maxMs)}, got ${formatDuration(ms)}`,
      );
    } else return ms;
    return undefined;
  };
}

export function oneOf<T extends string>(values: readonly T[]): Reader<T> {
  return (value, path, report) => {
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) {
      const meant = typeof value === 'string' ? suggest(value, values) : undefined;
      const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
      report(path, `unknown value ${showValue(value)}${hint}`, values);
    }
    return found;
  };
}

export const boolean: Reader<boolean> = (value, path, report) => {
  if (typeof value === 'boolean') return value;
  report(path, `unknown value ${showValue(value)}`, ['true', 'false']);
  return undefined;
};

export const scalar: Reader<string | number | boolean> = (value, path, report) => {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  report(path, `expected text, a number, true or false, got ${showValue(value)}`);
  return undefined;
};

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

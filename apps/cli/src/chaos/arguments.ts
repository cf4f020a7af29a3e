import { InvalidArgumentError } from 'commander';
import { parseDuration } from '#scenario';

type Params = Record<string, string | number | boolean>;

/** `all`, a number of teams, or ids separated by commas. */
export function teams(text: string): 'all' | number | string[] {
  if (text === 'all') return 'all';
  if (/^\d+$/.test(text)) return Number(text);
  const ids = text.split(',').map((id) => id.trim());
  if (ids.every((id) => id !== '')) return ids;
  throw new InvalidArgumentError('write all, a number of teams, or ids of teams such as fenrir,golem');
}

/** Milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  // Without a unit it would be milliseconds, which is never meant.
  if (ms !== undefined && ms > 0 && !/^\d+$/.test(text)) return ms;
  throw new InvalidArgumentError('write a duration such as 30s, 5m or 500ms');
}

/** Collects `key=value` pairs: numbers, true, false, else text; a quoted value is always text. */
export function param(text: string, before: Params): Params {
  const match = /^([^=\s]+)=(.*)$/s.exec(text);
  if (match === null) throw new InvalidArgumentError('write it as key=value, e.g. delayMs=400');
  return { ...before, [match[1]!]: valueOf(match[2]!) };
}

function valueOf(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return /^"(.*)"$/s.exec(text)?.[1] ?? text;
}

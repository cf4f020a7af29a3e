import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseDocument } from 'yaml';
import { editDistance, messageOf, suggest } from '#kernel';
import type { Key, Sections } from './key.js';

/** Where a setting's text came from, for messages, e.g. `--port` or `PAYDAY_PORT`. */
export interface Given {
  text: string;
  from: string;
}

/** The contents of one source: texts by `section.key`, and the mistakes found. */
export interface Source {
  given: Map<string, Given>;
  mistakes: string[];
}

export function keysOf(sections: Sections): { path: string; key: Key<unknown> }[] {
  return Object.entries(sections).flatMap(([name, { keys }]) =>
    Object.entries(keys).map(([keyName, key]) => ({ path: `${name}.${keyName}`, key })),
  );
}

/** @param rest the command line without node, script and command. `--config` and `--help` are handled separately. */
export function fromFlags(
  sections: Sections,
  rest: readonly string[],
): Source & { file?: string; help: boolean } {
  const byFlag = new Map(
    keysOf(sections).flatMap(({ path, key }) => (key.flag === null ? [] : [[key.flag, { path, key }]])),
  ) as Map<string, { path: string; key: Key<unknown> }>;
  const source = { given: new Map<string, Given>(), mistakes: [] as string[], help: false };
  let file: string | undefined;
  const options = Object.fromEntries([
    ...[...byFlag].map(([flag, { key }]) => [
      flag,
      { type: key.placeholder === null ? 'boolean' : 'string' },
    ]),
    ['config', { type: 'string' }],
    ['help', { type: 'boolean', short: 'h' }],
  ]) as Record<string, { type: 'string' | 'boolean' }>;
  const { tokens } = parseArgs({ args: [...rest], options, strict: false, tokens: true });
  /** The argument after an unknown flag may be its value and a secret, so messages omit it. */
  let unknownAt = -2;
  for (const token of tokens) {
    if (token.kind === 'positional' && token.index !== unknownAt + 1)
      source.mistakes.push(`"${token.value}": no such argument`);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (name === 'help') {
      source.help = true;
    } else if (name === 'config') {
      if (isValue(value)) file = value;
      else source.mistakes.push('--config: needs the path of a file');
    } else {
      const known = byFlag.get(name);
      if (known === undefined) {
        source.mistakes.push(unknownFlag(rawName, [...byFlag.keys()], sections));
        unknownAt = token.index;
      } else takeFlag(source, known, rawName, value);
    }
  }
  return { ...source, ...(file === undefined ? {} : { file }) };
}

function takeFlag(
  source: Source,
  { path, key }: { path: string; key: Key<unknown> },
  rawName: string,
  value: string | undefined,
): void {
  const { placeholder, refusedAsFlag } = key;
  const text = placeholder === null ? (value ?? 'true') : value;
  if (!isValue(text)) source.mistakes.push(`${rawName}: needs a value, ${key.allowed}`);
  else if (source.given.has(path) && !key.isList) source.mistakes.push(`${rawName}: given twice`);
  else if (refusedAsFlag?.(text)) source.mistakes.push(`${rawName}: ${refusedAsFlag(text)}`);
  else {
    const before = source.given.get(path);
    source.given.set(path, { text: before === undefined ? text : `${before.text},${text}`, from: rawName });
  }
}

function isValue(value: string | undefined): value is string {
  return value !== undefined && !value.startsWith('--');
}

function unknownFlag(rawName: string, known: readonly string[], sections: Sections): string {
  const secret = keysOf(sections).find(({ path, key }) => key.flag === null && looksLike(rawName, path));
  if (secret) return `${rawName}: is no flag; give it by ${secret.key.env} or in the file`;
  const meant = suggest(rawName.replace(/^-+/, ''), known);
  return `${rawName}: no such flag${meant === undefined ? '' : `; did you mean --${meant}?`}`;
}

function looksLike(rawName: string, path: string): boolean {
  const plain = (name: string): string => name.replace(/[^a-z]/gi, '').toLowerCase();
  return [path, path.split('.')[1]!].some((name) => plain(name) === plain(rawName));
}

/** Ignores other services' variables, but reports a name close to a known one as a typo. */
export function fromEnvironment(
  sections: Sections,
  env: Readonly<Record<string, string | undefined>>,
): Source {
  const source: Source = { given: new Map(), mistakes: [] };
  const known = new Set(['PAYDAY_CONFIG']);
  for (const { path, key } of keysOf(sections)) {
    known.add(key.env);
    if (key.secret) known.add(`${key.env}_FILE`);
    const text = env[key.env];
    const file = key.secret ? env[`${key.env}_FILE`] : undefined;
    if (text !== undefined && file !== undefined)
      source.mistakes.push(`${key.env} and ${key.env}_FILE: only one of them may be set`);
    else if (text !== undefined) source.given.set(path, { text, from: key.env });
    else if (file !== undefined) takeSecretFile(source, path, `${key.env}_FILE`, file);
  }
  for (const name of Object.keys(env)) {
    if (!name.startsWith('PAYDAY_') || known.has(name)) continue;
    const meant = nearly(name, [...known]);
    if (meant !== undefined) source.mistakes.push(`${name}: no such variable; did you mean ${meant}?`);
  }
  return source;
}

/** Services share an environment, so only a name one typo away from a known one counts as a mistake. */
function nearly(name: string, known: readonly string[]): string | undefined {
  return known.find((ours) => editDistance(name, ours) <= MAX_SLIPS);
}

const MAX_SLIPS = 2;

function takeSecretFile(source: Source, path: string, variable: string, file: string): void {
  try {
    source.given.set(path, { text: readFileSync(file, 'utf8').trim(), from: variable });
  } catch (error) {
    source.mistakes.push(`${variable}: cannot read ${file}: ${messageOf(error)}`);
  }
}

/** @param foreign names of sections that other services read from the same file */
export function fromFile(sections: Sections, file: string, foreign: readonly string[]): Source {
  const source: Source = { given: new Map(), mistakes: [] };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    source.mistakes.push(`${file}: cannot be read: ${messageOf(error)}`);
    return source;
  }
  const document = parseDocument(text);
  for (const { message } of document.errors) source.mistakes.push(`${file}: ${message.split('\n')[0]}`);
  if (document.errors.length > 0) return source;
  const content: unknown = document.toJS() ?? {};
  if (!isMap(content)) {
    source.mistakes.push(`${file}: must hold sections, such as "log:", with their settings below`);
    return source;
  }
  for (const [name, settings] of Object.entries(content)) {
    const known = sections[name];
    if (known !== undefined && isMap(settings)) takeSection(source, file, name, known.keys, settings);
    else if (known !== undefined) source.mistakes.push(`${file}: ${name}: must hold settings, one per line`);
    else if (!foreign.includes(name)) {
      const meant = suggest(name, [...Object.keys(sections), ...foreign]);
      source.mistakes.push(`${file}: ${name}: no such section${meant ? `; did you mean ${meant}?` : ''}`);
    }
  }
  return source;
}

function takeSection(
  source: Source,
  file: string,
  section: string,
  keys: Record<string, Key<unknown>>,
  settings: Record<string, unknown>,
): void {
  for (const [name, value] of Object.entries(settings)) {
    const path = `${section}.${name}`;
    if (!Object.hasOwn(keys, name)) {
      const meant = suggest(name, Object.keys(keys));
      source.mistakes.push(`${file}: ${path}: no such setting${meant ? `; did you mean ${meant}?` : ''}`);
      continue;
    }
    const text = asText(value);
    if (text === null) source.mistakes.push(`${file}: ${path}: must be ${keys[name]!.allowed}`);
    else source.given.set(path, { text, from: `${file}: ${path}` });
  }
}

function asText(value: unknown): string | null {
  if (Array.isArray(value)) {
    const parts = value.map(asText);
    return parts.includes(null) ? null : parts.join(',');
  }
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : null;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

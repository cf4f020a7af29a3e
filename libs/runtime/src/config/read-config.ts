import { PaydayError } from '#kernel';
import type { ConfigOf, Key, Sections } from './key.js';
import { fromEnvironment, fromFile, fromFlags, keysOf, type Given } from './sources.js';

export interface ConfigSources {
  /** The command line without node, script and command. */
  flags: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** Names of the sections that belong to other services reading the same file. */
  foreignSections?: readonly string[];
}

/** All mistakes in the configuration. Code `invalid_config`; `details.mistakes` has one sentence for each. */
export class ConfigError extends PaydayError {
  constructor(readonly mistakes: readonly string[]) {
    const count = mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`;
    super(
      'invalid_config',
      `the configuration has ${count}:\n${mistakes.map((line) => `  ${line}`).join('\n')}`,
      {
        details: { mistakes },
      },
    );
  }
}

/** True if the flags request help. */
export function wantsHelp(sections: Sections, flags: readonly string[]): boolean {
  return fromFlags(sections, flags).help;
}

/**
 * Reads the settings of a service, each from the first of: flag, environment, file, default.
 * @throws ConfigError that lists every mistake at once. It never contains a secret.
 */
export function readConfig<S extends Sections>(sections: S, sources: ConfigSources): ConfigOf<S> {
  const flags = fromFlags(sections, sources.flags);
  const env = fromEnvironment(sections, sources.env);
  const path = flags.file ?? sources.env['PAYDAY_CONFIG'];
  const file = path === undefined ? null : fromFile(sections, path, sources.foreignSections ?? []);
  const mistakes = [...flags.mistakes, ...env.mistakes, ...(file?.mistakes ?? [])];
  const layers = [flags.given, env.given, ...(file ? [file.given] : [])];

  const config: Record<string, Record<string, unknown>> = {};
  for (const name of Object.keys(sections)) config[name] = {};
  const broken = new Set<string>();
  for (const { path, key } of keysOf(sections)) {
    const given = layers.map((layer) => layer.get(path)).find((found) => found !== undefined);
    const [section, name] = path.split('.') as [string, string];
    const read = readKey(key, path, given);
    if ('mistake' in read) {
      // A key with an invalid value has been reported already and is not missing.
      if (given !== undefined || !mistakes.some((mistake) => mentions(mistake, key, path)))
        mistakes.push(read.mistake);
      broken.add(section);
    } else config[section]![name] = read.value;
  }
  for (const [name, { check }] of Object.entries(sections))
    if (!broken.has(name)) mistakes.push(...(check?.(config[name] as never) ?? []));
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return config as ConfigOf<S>;
}

function readKey(
  key: Key<unknown>,
  path: string,
  given: Given | undefined,
): { value: unknown } | { mistake: string } {
  const text = given?.text ?? key.fallback;
  if (text === undefined)
    return key.isRequired
      ? { mistake: `${waysToGive(key, path)}: is missing; give ${key.allowed}` }
      : { value: undefined };
  const read = key.schema.safeParse(text);
  if (read.success) return { value: read.data };
  const shown = key.secret ? 'the value (not shown here)' : JSON.stringify(text);
  return { mistake: `${given?.from ?? path}: ${shown} is not allowed; give ${key.allowed}` };
}

function mentions(mistake: string, key: Key<unknown>, path: string): boolean {
  const names = [key.env, `${key.env}_FILE`, ...(key.flag === null ? [] : [`--${key.flag}`])];
  return (
    names.some((name) => mistake.startsWith(`${name}:`) || mistake.startsWith(`${name} `)) ||
    mistake.includes(`: ${path}:`)
  );
}

/** `--log, PAYDAY_LOG_URL or log.url in the file`. */
function waysToGive(key: Key<unknown>, path: string): string {
  const ways = [...(key.flag === null ? [] : [`--${key.flag}`]), key.env];
  return `${ways.join(', ')} or ${path} in the file`;
}

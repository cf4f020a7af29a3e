import { z } from 'zod';

/** How a setting is parsed. Every source gives it as text first. */
export interface KeyType<T> {
  schema: z.ZodType<T, string>;
  /** The allowed values, as prose that continues an error message. */
  allowed: string;
  /** Placeholder in the help, e.g. `URL`; null for switches, which need no value. */
  placeholder: string | null;
  /** Set for a list, whose flag may be repeated. */
  isList?: true;
}

/** One setting. */
export interface Key<T> extends KeyType<T> {
  /** The environment variable. A secret may also come from the file that `<env>_FILE` names. */
  env: string;
  /** Without the dashes; null: not accepted on the command line, which everybody on the machine can read. */
  flag: string | null;
  help: string;
  /** Never shown in error messages or logs. */
  secret: boolean;
  isRequired: boolean;
  /** The default as text: shown in the help, and parsed when no source gives a value. */
  fallback: string | undefined;
  /** Returns why this text may not be given as a flag, or null. */
  refusedAsFlag?: ((text: string) => string | null) | undefined;
}

interface KeyOptions {
  env: string;
  flag?: string;
  help: string;
  secret?: boolean;
  refusedAsFlag?: (text: string) => string | null;
}

/** A setting without which the service cannot start. */
export function required<T>(type: KeyType<T>, options: KeyOptions): Key<T> {
  return make(type, options, true, undefined);
}

/** A setting with a default, which is given as text. */
export function withDefault<T>(type: KeyType<T>, fallback: string, options: KeyOptions): Key<T> {
  return make(type, options, false, fallback);
}

/** An optional setting: `undefined` if no source gives it. */
export function optional<T>(type: KeyType<T>, options: KeyOptions): Key<T | undefined> {
  return make<T | undefined>(type as KeyType<T | undefined>, options, false, undefined);
}

function make<T>(
  type: KeyType<T>,
  options: KeyOptions,
  isRequired: boolean,
  fallback: string | undefined,
): Key<T> {
  const { env, flag = null, help, secret = false, refusedAsFlag } = options;
  return { ...type, env, flag, help, secret, isRequired, fallback, refusedAsFlag };
}

export type Keys = Record<string, Key<unknown>>;
export type ValuesOf<K extends Keys> = { [Name in keyof K]: K[Name] extends Key<infer T> ? T : never };

/** Related settings; in the file they stand below the section's name. */
export interface Section<K extends Keys = Keys> {
  keys: K;
  /** Returns one sentence for each conflict between settings. Runs only when every key is valid by itself. */
  check?(values: ValuesOf<K>): string[];
}

export type Sections = Record<string, Section>;
export type ConfigOf<S extends Sections> = {
  [Name in keyof S]: S[Name] extends Section<infer K> ? ValuesOf<K> : never;
};

export function section<K extends Keys>(keys: K, check?: (values: ValuesOf<K>) => string[]): Section<K> {
  return check === undefined ? { keys } : { keys, check };
}

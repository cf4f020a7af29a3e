import { z } from 'zod';

/** How a setting is read from text: wherever it comes from, it is text first. */
export interface KeyType<T> {
  schema: z.ZodType<T, string>;
  /** What is allowed, for people: goes on after "…: ". */
  allowed: string;
  /** For the help, e.g. `URL`; null for switches, which need no value. */
  placeholder: string | null;
  /** Whether it is a list: then its flag may be given several times. */
  isList?: true;
}

/** One setting. */
export interface Key<T> extends KeyType<T> {
  /** Environment variable. A secret may also come from the file that `<env>_FILE` names. */
  env: string;
  /** Without the dashes; null: not to be given on the command line, where everybody on the machine can read it. */
  flag: string | null;
  help: string;
  /** Never shown, neither in mistakes nor in logs. */
  secret: boolean;
  isRequired: boolean;
  /** As text, for the help; the same text is what is read when nothing was given. */
  fallback: string | undefined;
  /** Why this text may not be given as a flag, if so. */
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

/** A setting with a default, as text. */
export function withDefault<T>(type: KeyType<T>, fallback: string, options: KeyOptions): Key<T> {
  return make(type, options, false, fallback);
}

/** A setting that may be left out: `undefined` then. */
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

/** Settings that belong together; in the file they stand below the section's name. It checks itself. */
export interface Section<K extends Keys = Keys> {
  keys: K;
  /** What does not go together, one sentence each; asked only when every key by itself is right. */
  check?(values: ValuesOf<K>): string[];
}

export type Sections = Record<string, Section>;
export type ConfigOf<S extends Sections> = {
  [Name in keyof S]: S[Name] extends Section<infer K> ? ValuesOf<K> : never;
};

export function section<K extends Keys>(keys: K, check?: (values: ValuesOf<K>) => string[]): Section<K> {
  return check === undefined ? { keys } : { keys, check };
}

import { resolve } from 'node:path';
import { z } from 'zod';
import {
  allowedRange,
  httpSection,
  integer,
  listOf,
  type logSection,
  oneOf,
  optional,
  text,
  withDefault,
  yesOrNo,
  type ConfigOf,
  type KeyType,
  type ValuesOf,
} from '#runtime';

/** How a game is launched, on whichever stage. Paths are absolute. */
export interface LaunchOptions {
  /** Path of the scenario file. */
  scenario: string;
  /** Number of bot teams; ignored where a teams file names the teams. */
  teams: number;
  teamsFile: string | null;
  /** Path of a chaos targets file: how drivers reach teams that are not bots. */
  chaosTargets: string | null;
  /** Ranges that customers may call besides public addresses and the bots; null: as the resumed game had it, else none. */
  allow: string[] | null;
  host: string;
  port: number;
  dataDir: string;
  resume: boolean;
  /** How many times faster than written the scenario's timeline runs, 0.1 to 100. */
  speed: number;
  exitAtEnd: boolean;
  logLevel: string;
  /** The event log; without a URL: LMDB in the data folder. */
  log: Partial<ConfigOf<{ log: typeof logSection }>['log']>;
  /** Undefined: an embedded PostgreSQL in the data folder. */
  databaseUrl: string | undefined;
  /** Of results and scores, if their topics are made now. */
  partitions: number;
}

const DEFAULT_TEAMS = 8;

/** The options that every way to launch a game has. @param dataDir default of `--data` */
export function launchKeys(dataDir: string) {
  return {
    scenario: withDefault(text('FILE'), 'scenarios/demo.yaml', {
      flag: 'scenario',
      env: 'PAYDAY_SCENARIO',
      help: 'The scenario file.',
    }),
    teams: optional(integer(1, 200), {
      flag: 'teams',
      env: 'PAYDAY_TEAMS',
      help: `Number of bot teams, 1 to 200; ${DEFAULT_TEAMS} unless given.`,
    }),
    teamsFile: optional(text('FILE'), {
      flag: 'teams-file',
      env: 'PAYDAY_TEAMS_FILE',
      help: 'Real teams with their endpoints, instead of bots.',
    }),
    chaosTargets: optional(text('FILE'), {
      flag: 'chaos-targets',
      env: 'PAYDAY_CHAOS_TARGETS_FILE',
      help: 'How faults reach real teams (docs/faults.md).',
    }),
    allow: withDefault(listOf(allowedRange()), '', {
      flag: 'allow',
      env: 'PAYDAY_ALLOW',
      help: 'What customers may call besides public addresses and the bots, e.g. 10.0.0.0/8; several by commas or flags (docs/security.md).',
    }),
    speed: withDefault(decimal(0.1, 100), '1', {
      flag: 'speed',
      env: 'PAYDAY_SPEED',
      help: 'Plays the timeline this many times faster, 0.1 to 100.',
    }),
    dataDir: withDefault(visible('DIR', 'the path of a folder'), dataDir, {
      flag: 'data',
      env: 'PAYDAY_DATA',
      help: 'Where the game is kept: the embedded database and log, and what the processes share.',
    }),
    exitAtEnd: withDefault(yesOrNo(), 'false', {
      flag: 'exit-at-end',
      env: 'PAYDAY_EXIT_AT_END',
      help: 'Exit when the final standings are out, instead of staying up to show them.',
    }),
    logLevel: withDefault(oneOf(['fatal', 'trace', 'debug', 'info', 'warn', 'error', 'silent']), 'warn', {
      flag: 'log-level',
      env: 'PAYDAY_LOG_LEVEL',
      help: 'What all processes log, as JSON on standard error.',
    }),
  };
}

const HTTP = httpSection(3000).keys;

/** Where the page and the API are served. */
export const HTTP_KEYS = {
  host: { ...HTTP.host, ...visible('ADDRESS', 'an address') },
  // Not 0 for any free port: services are told beforehand where the API will be.
  port: { ...HTTP.port, ...integer(1, 65_535), help: 'Port of the page and the API, 1 to 65535.' },
};

export type LaunchValues = ValuesOf<ReturnType<typeof launchKeys>>;

/** What does not go together, one sentence each. */
export function launchConflicts({ teams, teamsFile }: LaunchValues): string[] {
  return teams !== undefined && teamsFile !== undefined
    ? ['--teams does not go with --teams-file: the file names the teams']
    : [];
}

/** @param cwd what relative paths are relative to */
export function launchOptionsFrom(
  values: LaunchValues,
  http: ConfigOf<{ http: { keys: typeof HTTP_KEYS } }>['http'],
  engines: Pick<LaunchOptions, 'log' | 'databaseUrl' | 'partitions'>,
  cwd: string,
): Omit<LaunchOptions, 'resume'> {
  const path = (given: string | undefined): string | null =>
    given === undefined ? null : resolve(cwd, given);
  return {
    ...engines,
    ...http,
    scenario: resolve(cwd, values.scenario),
    teams: values.teams ?? DEFAULT_TEAMS,
    teamsFile: path(values.teamsFile),
    chaosTargets: path(values.chaosTargets),
    allow: values.allow.length === 0 ? null : values.allow.map(({ text: range }) => range),
    dataDir: resolve(cwd, values.dataDir),
    speed: values.speed,
    exitAtEnd: values.exitAtEnd,
    logLevel: values.logLevel,
  };
}

/** A decimal number, both bounds inclusive. */
function decimal(min: number, max: number): KeyType<number> {
  return {
    schema: z
      .string()
      .regex(/^\d{1,15}(\.\d{1,15})?$/)
      .transform(Number)
      .pipe(z.number().min(min).max(max)) as unknown as z.ZodType<number, string>,
    allowed: `a number from ${min} to ${max}`,
    placeholder: 'N',
  };
}

/** Text that is not blank: an empty address would mean every address, an empty folder the current one. */
function visible(placeholder: string, allowed: string): KeyType<string> {
  return { schema: z.string().max(1000).regex(/\S/), allowed, placeholder };
}

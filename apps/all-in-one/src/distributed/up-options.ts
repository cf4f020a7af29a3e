import {
  allowedRange,
  databaseSection,
  httpSection,
  integer,
  listOf,
  logSection,
  optional,
  section,
  text,
  withDefault,
  yesOrNo,
  oneOf,
  pattern,
  type ConfigOf,
  type Key,
} from '#runtime';

const COUNT = integer(1, 64);
const HTTP = httpSection(3000).keys;

/** Settings of `payday up`. */
export const UP_SECTIONS = {
  up: section(
    {
      scenario: withDefault(text('FILE'), 'scenarios/demo.yaml', {
        flag: 'scenario',
        env: 'PAYDAY_SCENARIO',
        help: 'The scenario file.',
      }),
      teams: optional(integer(1, 200), {
        flag: 'teams',
        env: 'PAYDAY_TEAMS',
        help: 'Number of bot teams; 8 unless given.',
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
        help: 'What customers may call besides public addresses and the bots, e.g. 10.0.0.0/8 (docs/security.md).',
      }),
      speed: withDefault(
        pattern('N', /^(?:100|[1-9]\d?(?:\.\d+)?|0\.[1-9]\d*)$/, 'a number from 0.1 to 100'),
        '1',
        {
          flag: 'speed',
          env: 'PAYDAY_SPEED',
          help: 'Plays the timeline this many times faster.',
        },
      ),
      scorers: withDefault(COUNT, '2', {
        flag: 'scorers',
        env: 'PAYDAY_SCORERS',
        help: 'Processes that score.',
      }),
      ingests: withDefault(COUNT, '2', {
        flag: 'ingests',
        env: 'PAYDAY_INGESTS',
        help: 'Processes that take results.',
      }),
      broadcasters: withDefault(COUNT, '2', {
        flag: 'broadcasters',
        env: 'PAYDAY_BROADCASTERS',
        help: 'Processes that serve pages and viewers.',
      }),
      controls: withDefault(COUNT, '1', {
        flag: 'controls',
        env: 'PAYDAY_CONTROLS',
        help: 'Processes that serve the API of games.',
      }),
      partitions: withDefault(integer(1, 1024), '4', {
        flag: 'partitions',
        env: 'PAYDAY_PARTITIONS',
        help: 'Of results and scores, if their topics are made now.',
      }),
      dataDir: withDefault(text('DIR'), '.payday-up', {
        flag: 'data',
        env: 'PAYDAY_DATA',
        help: 'Where the embedded database and log are kept, and what the processes share.',
      }),
      exitAtEnd: withDefault(yesOrNo(), 'false', {
        flag: 'exit-at-end',
        env: 'PAYDAY_EXIT_AT_END',
        help: 'Exit when the final standings are out, instead of staying up to show them.',
      }),
      logLevel: withDefault(oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']), 'warn', {
        flag: 'log-level',
        env: 'PAYDAY_LOG_LEVEL',
        help: 'What all processes log, as JSON on standard error.',
      }),
    },
    ({ teams, teamsFile }) =>
      teams !== undefined && teamsFile !== undefined
        ? ['--teams does not go with --teams-file: the file names the teams']
        : [],
  ),
  log: section({
    ...logSection.keys,
    url: notRequired(logSection.keys.url, 'The event log; default: LMDB in the data folder.'),
  }),
  database: section({
    url: notRequired(databaseSection.keys.url, 'PostgreSQL; default: an embedded one in the data folder.'),
  }),
  http: section({
    ...HTTP,
    // Not any free one: the services that are started are told beforehand where it will be.
    port: { ...HTTP.port, ...integer(1, 65_535), help: 'Port of the page and the API.' },
  }),
};

export type UpConfig = ConfigOf<typeof UP_SECTIONS>;

function notRequired<T>(key: Key<T>, help: string): Key<T | undefined> {
  return { ...(key as Key<T | undefined>), isRequired: false, help };
}

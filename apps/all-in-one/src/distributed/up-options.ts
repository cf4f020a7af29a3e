import {
  databaseSection,
  integer,
  logSection,
  section,
  withDefault,
  type ConfigOf,
  type Key,
} from '#runtime';
import {
  HTTP_KEYS,
  launchConflicts,
  launchKeys,
  launchOptionsFrom,
  type LaunchOptions,
} from '../launch-options.js';

const COUNT = integer(1, 64);

/** Settings of `payday up`: the common options, and how many processes there are of each service. */
export const UP_SECTIONS = {
  up: section(
    {
      ...launchKeys('.payday-up'),
      scorers: withDefault(COUNT, '2', {
        flag: 'scorers',
        env: 'PAYDAY_SCORERS',
        help: 'Processes that score.',
      }),
      ingests: withDefault(COUNT, '2', {
        flag: 'ingests',
        env: 'PAYDAY_INGESTS',
        help: 'Processes that accept results.',
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
        help: 'Of results and scores, if their topics are created now.',
      }),
    },
    launchConflicts,
  ),
  log: section({
    ...logSection.keys,
    url: notRequired(logSection.keys.url, 'The event log; default: LMDB in the data folder.'),
  }),
  database: section({
    url: notRequired(databaseSection.keys.url, 'PostgreSQL; default: an embedded one in the data folder.'),
  }),
  http: section(HTTP_KEYS),
};

export type UpConfig = ConfigOf<typeof UP_SECTIONS>;

function notRequired<T>(key: Key<T>, help: string): Key<T | undefined> {
  return { ...(key as Key<T | undefined>), isRequired: false, help };
}

export function upLaunchOptions({ up, http, log, database }: UpConfig, cwd: string): LaunchOptions {
  const engines = { log, databaseUrl: database.url, partitions: up.partitions };
  return { ...launchOptionsFrom(up, http, engines, cwd), resume: false };
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConfigError,
  configHelp,
  databaseSection,
  httpSection,
  httpUrl,
  integer,
  listOf,
  logSection,
  optional,
  processSection,
  readConfig,
  required,
  section,
  text,
  withDefault,
  yesOrNo,
  type ConfigOf,
} from './index.js';

const SECTIONS = {
  log: logSection,
  database: databaseSection,
  http: httpSection(3456),
  process: processSection(0),
  prober: section({
    token: required(text('TOKEN'), { env: 'PAYDAY_PROBER_TOKEN', secret: true, help: 'The token.' }),
    origins: withDefault(listOf(httpUrl()), '', {
      flag: 'denied-origins',
      env: 'PAYDAY_DENIED_ORIGINS',
      help: 'Never called.',
    }),
    privately: withDefault(yesOrNo(), 'false', {
      flag: 'privately',
      env: 'PAYDAY_PRIVATELY',
      help: 'Or not.',
    }),
    slots: optional(integer(1, 8), { flag: 'slots', env: 'PAYDAY_SLOTS', help: 'How many.' }),
  }),
};
const ENV = {
  PAYDAY_LOG_URL: 'lmdb:/env',
  DATABASE_URL: 'postgres://me:hunter2@db/payday',
  PAYDAY_PROBER_TOKEN: 'pd_secret',
};

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'payday-config-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function read(
  flags: string[],
  env: Record<string, string> = ENV,
  foreignSections: string[] = [],
): ConfigOf<typeof SECTIONS> {
  return readConfig(SECTIONS, { flags, env, foreignSections });
}

function mistakesOf(flags: string[], env: Record<string, string> = ENV): readonly string[] {
  try {
    read(flags, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  throw new Error('no mistake was found');
}

describe('readConfig', () => {
  it('takes each setting from the first of flag, environment, file and default', () => {
    const config = file(
      'a.yaml',
      'log: { url: "lmdb:/file" }\nhttp: { host: "::1", port: 8080 }\nprocess: { logLevel: warn, drainMs: 7 }\n',
    );
    const env = { ...ENV, PAYDAY_PORT: '8081', PAYDAY_LOG_LEVEL: 'error', PAYDAY_CONFIG: config };
    expect(read(['--port=8082', '--slots', '3', '--privately'], env)).toEqual({
      log: { url: 'lmdb:/env' },
      database: { url: 'postgres://me:hunter2@db/payday' },
      http: { host: '::1', port: 8082 },
      process: { logLevel: 'error', drainMs: 7, stopWithinMs: 15_000 },
      prober: { token: 'pd_secret', origins: [], privately: true, slots: 3 },
    });
  });

  it('takes lists and switches alike from flag, environment and file', () => {
    const config = file('lists.yaml', 'prober:\n  origins: [http://a:1, https://b]\n  privately: true\n');
    const { prober } = read(['--config', config]);
    expect(prober).toMatchObject({ origins: ['http://a:1', 'https://b'], privately: true });
    const other = read(['--config', config, '--privately=false'], {
      ...ENV,
      PAYDAY_DENIED_ORIGINS: 'http://c, http://d',
    });
    expect(other.prober).toMatchObject({ origins: ['http://c', 'http://d'], privately: false });
  });

  it('lists every mistake in every source at once, with its place, the given value and the allowed values', () => {
    const config = file(
      'bad.yaml',
      'log: { ulr: x }\nhttp: { port: many }\nscoring: {}\nprober: { origins: [ftp://x], token: { a: 1 } }\n',
    );
    const env = {
      DATABASE_URL: 'mysql://me:hunter2@db/payday',
      PAYDAY_LOG_LEVEL: 'loud',
      PAYDAY_PRIVATLEY: 'true',
      PAYDAY_INGEST_URL: 'is of another service',
    };
    const flags = ['extra', '--config', config, '--slots', '9', '--drain', '5', '--token', 'pd_x', '--host'];
    expect(mistakesOf(flags, env)).toEqual([
      '"extra": no such argument',
      '--drain: no such flag; did you mean --drain-ms?',
      '--token: is no flag; give it by PAYDAY_PROBER_TOKEN or in the file',
      '--host: needs a value, 1 to 255 characters',
      'PAYDAY_PRIVATLEY: no such variable; did you mean PAYDAY_PRIVATELY?',
      `${config}: log.ulr: no such setting; did you mean url?`,
      `${config}: scoring: no such section`,
      `${config}: prober.token: must be 1 to 1000 characters`,
      '--log, PAYDAY_LOG_URL or log.url in the file: is missing; give the URL of an event log, e.g. lmdb:/absolute/folder',
      'DATABASE_URL: the value (not shown here) is not allowed; give postgres://user@host:5432/database',
      `${config}: http.port: "many" is not allowed; give a whole number from 0 to 65535`,
      'PAYDAY_LOG_LEVEL: "loud" is not allowed; give one of fatal, error, warn, info, debug, trace, silent',
      `${config}: prober.origins: "ftp://x" is not allowed; give separated by commas, each an http(s) URL`,
      '--slots: "9" is not allowed; give a whole number from 1 to 8',
    ]);
  });

  it.each([
    ['no such file', '/nowhere.yaml', /^\/nowhere\.yaml: cannot be read: .*ENOENT/],
    ['no YAML', file.bind(null, 'broken.yaml', 'log: [\n'), /broken\.yaml: .*at line/],
    ['no sections', file.bind(null, 'text.yaml', 'hello'), /must hold sections/],
    ['no settings', file.bind(null, 'flat.yaml', 'log: lmdb:/x'), /log: must hold settings/],
  ])('reports a file with %s', (_what, path, message) => {
    expect(mistakesOf(['--config', typeof path === 'string' ? path : path()])).toEqual([
      expect.stringMatching(message),
    ]);
  });

  it('accepts the sections of other services in a shared file, but refuses unknown sections', () => {
    const config = file('shared.yaml', 'scorer: { leaseMs: 5 }\nhttp: { port: 1 }\n');
    expect(read(['--config', config], ENV, ['scorer']).http.port).toBe(1);
    expect(() => read(['--config', config])).toThrow(/scorer: no such section/);
  });

  it('lets a section check rules across settings once each setting is valid by itself', () => {
    expect(mistakesOf(['--drain-ms', '500', '--stop-within-ms', '500'])).toEqual([
      'process.drainMs: 500 must be less than process.stopWithinMs, 500',
    ]);
    expect(mistakesOf(['--drain-ms', 'x', '--stop-within-ms', '500'])).toEqual([
      '--drain-ms: "x" is not allowed; give a whole number from 0 to 300000',
    ]);
  });

  it('reads a secret from its own file, and never shows one', () => {
    const { PAYDAY_PROBER_TOKEN: _, ...rest } = ENV;
    const token = file('token', 'pd_from_file\n');
    expect(read([], { ...rest, PAYDAY_PROBER_TOKEN_FILE: token }).prober.token).toBe('pd_from_file');
    expect(mistakesOf([], { ...ENV, PAYDAY_PROBER_TOKEN_FILE: token })).toEqual([
      'PAYDAY_PROBER_TOKEN and PAYDAY_PROBER_TOKEN_FILE: only one of them may be set',
    ]);
    expect(mistakesOf([], { ...rest, PAYDAY_PROBER_TOKEN_FILE: '/nowhere' })).toEqual([
      expect.stringMatching(/^PAYDAY_PROBER_TOKEN_FILE: cannot read \/nowhere/),
    ]);
    expect(mistakesOf(['--database', 'postgres://me:hunter2@db/payday']).join()).not.toContain('hunter2');
    expect(mistakesOf([], { ...ENV, PAYDAY_PROBER_TOKEN: 'x'.repeat(1001) }).join()).not.toContain('xx');
  });

  it('takes a database without a password by flag, and refuses one with', () => {
    expect(read(['--database', 'postgres://me@db/other']).database.url).toBe('postgres://me@db/other');
    expect(mistakesOf(['--database=postgres://me:hunter2@db/x'])).toEqual([
      expect.stringMatching(/^--database: a password on the command line/),
    ]);
  });
});

describe('configHelp', () => {
  it('names each setting by flag, variable and place in the file, with its default, and no flag for a secret', () => {
    const help = configHelp('payday run prober', 'Probes.', SECTIONS);
    expect(help).toContain('--log URL  PAYDAY_LOG_URL  log.url  (required)');
    expect(help).toContain('--port N  PAYDAY_PORT  http.port  (default: 3456)');
    expect(help).toContain('  PAYDAY_PROBER_TOKEN(_FILE)  prober.token  (required)');
    expect(help).toContain('--privately  PAYDAY_PRIVATELY  prober.privately  (default: false)');
    expect(help).not.toContain('--token');
  });
});

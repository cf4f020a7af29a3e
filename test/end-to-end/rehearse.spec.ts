import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/game-process.js';

const folder = mkdtempSync(join(tmpdir(), 'payday-rehearse-'));
// PostgreSQL does not run as root: under root, another user needs access.
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function payday(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const cli = join(ROOT, 'dist/apps/cli/src/main.js');
  // A database that the environment names must not be used: nothing listens at this address.
  const env = {
    ...process.env,
    DATABASE_URL: 'postgres://127.0.0.1:1/none',
    TMPDIR: folder,
    NODE_OPTIONS: '',
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

it('payday rehearse plays a game, finds it as it should be, and leaves nothing behind', async () => {
  const quick = readFileSync(join(ROOT, 'scenarios/quick.yaml'), 'utf8');
  const [before] = quick.split('\nload:');
  const file = join(folder, 'short.yaml');
  writeFileSync(
    file,
    `${before!.replace('duration: 60s', 'duration: 14s')}
load:
  - { at: 0, label: All day, requestsPerSecond: { router: 3, catalog: 2, pricing: 2, booking: 2 } }
timeline:
  - { at: 1s, announcement: Hello }
  - { at: 2s, fault: crash, service: catalog, teams: 1, ttl: 4s, label: Oh }
  - { at: 4s, fault: black-hole, service: pricing, ttl: 4s, label: Oh, scoring: pause }
freeze: 10s
`,
  );
  const { code, out, err } = await payday('rehearse', '--scenario', file, '--teams', '2', '--json');
  const report = JSON.parse(out) as { checks: { problems: string[] }[] };
  expect(report.checks.flatMap(({ problems }) => problems)).toEqual([]);
  expect(code).toBe(0);
  expect(report).toMatchObject({
    ok: true,
    speed: 1,
    faults: [
      { kind: 'crash', expected: 1, gone: 1 },
      { kind: 'black-hole', expected: 2, gone: 2 },
    ],
    windows: { expected: 2 * 4 * 14 },
  });
  expect(err).toContain('All day');
  expect(readdirSync(folder)).toEqual(['short.yaml']);
}, 120_000);

it('refuses a folder to keep the recording in that holds something, and a file with mistakes', async () => {
  const quick = join(ROOT, 'scenarios/quick.yaml');
  const taken = await payday('rehearse', '--scenario', quick, '--keep', ROOT);
  expect([taken.code, taken.err]).toEqual([2, expect.stringContaining('is not empty')]);
  const bad = join(folder, 'bad.yaml');
  writeFileSync(bad, 'name: Bad\n');
  const refused = await payday('rehearse', '--scenario', bad);
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('duration: is required')]);
}, 60_000);

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { appendAudit, type AuditEntry, type DataSource, openDatabase } from '#persistence';
import { startTestPostgres, type TestPostgres } from '#testing';
import { run } from './run.js';

const VERIFY = fileURLToPath(new URL('../../../docs/examples/verify_audit.py', import.meta.url));

let postgres: TestPostgres;
let database: DataSource;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'payday-audit-log-'));
  postgres = await startTestPostgres();
  database = await openDatabase(postgres.databaseUrl, { migrate: true });
}, 60_000);

afterAll(async () => {
  await database?.destroy();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function payday(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const into = (name: 'out' | 'err'): Writable =>
    new Writable({
      write: (chunk, _encoding, done) => {
        said[name] += String(chunk);
        done();
      },
    });
  const code = await run(args, { stdout: into('out'), stderr: into('err') });
  return { code, ...said };
}

const log = (...more: string[]) => payday('audit', '--log', '--database', postgres.databaseUrl, ...more);

const append = (action: string, game: string): Promise<AuditEntry> =>
  database.transaction((manager) =>
    appendAudit(manager, {
      at: 1_763_900_000_000,
      actor: { tokenId: 't1', role: 'facilitator', label: 'Übung 🦄' },
      action,
      subject: { game, team: 'fenrir' },
      details: { reason: 'say "why"\u001b[31m', cents: -500, share: 0.25, deep: { b: [1, null], a: true } },
    }),
  );

test('an empty log is intact', async () => {
  expect(await log()).toEqual({ code: 0, out: 'intact: the audit log is empty\n', err: '' });
});

test('shows the log to people and to machines, of all games or of one', async () => {
  await append('game.paused', 'g1');
  const second = await append('game.resumed', 'g2');
  const shown = (await log('--show')).out.trimEnd().split('\n');
  expect(shown).toHaveLength(2);
  expect(shown[0]).toMatch(
    /^1 {2}2025-11-23T12:13:20.000Z {2}Übung 🦄 \(facilitator t1\) {2}game.paused {2}game g1, team fenrir {2}\{/,
  );
  expect(shown[0]).not.toContain('\u001b');
  const machine = await log('--show', '--json', '--game', 'g2');
  expect(JSON.parse(machine.out)).toEqual(second);
});

test('verifies the chain, and names the row where it is broken', async () => {
  const { code, out } = await log();
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/^intact: 2 entries.*\n {2}the last is 2, hash [0-9a-f]{64}\n$/),
  ]);
  expect(JSON.parse((await log('--json')).out)).toMatchObject({ intact: true, entries: 2, head: { seq: 2 } });
  await database.query('ALTER TABLE audit_log DISABLE TRIGGER ALL');
  await database.query(`UPDATE audit_log SET action = 'game.ended' WHERE seq = 2`);
  const broken = await log();
  expect([broken.code, broken.out]).toEqual([
    1,
    expect.stringContaining('BROKEN at entry 2: its content has the hash'),
  ]);
  const report = await log('--json');
  expect([report.code, JSON.parse(report.out)]).toMatchObject([
    1,
    { intact: false, broken: { seq: 2, why: 'hash' } },
  ]);
  await database.query(`UPDATE audit_log SET action = 'game.resumed' WHERE seq = 2`);
  expect((await log()).code).toBe(0);
});

test('a stranger verifies it with a few lines of Python', async () => {
  const file = join(folder, 'audit.ndjson');
  const { out } = await log('--show', '--json');
  await writeFile(file, out);
  const last = JSON.parse(out.trimEnd().split('\n').at(-1)!) as AuditEntry;
  const said = python(VERIFY, file);
  if (said === null) return;
  expect(said).toBe(`${last.seq} ${last.hash}\n`);
  await writeFile(file, out.replace('-500', '-501'));
  expect(() => python(VERIFY, file)).toThrow();
});

test('what makes no sense is refused as wrong usage', async () => {
  const lonely = await payday('audit', '--show');
  expect([lonely.code, lonely.err]).toEqual([2, expect.stringContaining('--show goes with --log')]);
  const nowhere = await payday('audit', '--log', '--data', join(folder, 'nothing'));
  expect([nowhere.code, nowhere.err]).toEqual([expect.any(Number), expect.stringContaining('--data')]);
});

/** Runs a Python program; null, and loudly, where there is no Python. */
function python(...args: string[]): string | null {
  try {
    return execFileSync('python3', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || process.env['CI'] === 'true') throw error;
    process.stderr.write('SKIPPED: there is no python3 to run docs/examples/verify_audit.py with\n');
    return null;
  }
}

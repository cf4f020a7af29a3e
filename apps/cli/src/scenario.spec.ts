import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { KINDS_BY_DRIVER } from '#faults';
import { run } from './run.js';

const SHIPPED = fileURLToPath(new URL('../../../scenarios/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'payday-scenario-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function payday(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const into = (name: 'out' | 'err'): Writable =>
    new Writable({
      write: (chunk, _encoding, done) => {
        said[name] += String(chunk);
        done();
      },
    });
  const code = await run(['scenario', ...args], { stdout: into('out'), stderr: into('err') });
  return { code, ...said };
}

const TINY = `name: Tiny
duration: 60s
services:
  - { id: router, checks: [{ id: front, request: { path: / } }] }
load:
  - { at: 0, label: All day, requestsPerSecond: 2 }
timeline:
  - { at: 5s, fault: slow, service: router, params: { delayMs: 300 }, ttl: 10s, teams: 2, label: Hm, scoring: pause }
  - { at: 9s, when: { teamsUp: 80%, by: 20s }, announcement: All up, video: /ceo.mp4 }
freeze: 50s
ceremony: { revealAfter: 1m }
`;

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('payday scenario check', () => {
  it('finds every shipped scenario fine: also kinds and parameters of faults', async () => {
    const files = readdirSync(SHIPPED)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => join(SHIPPED, name));
    expect(files.length).toBeGreaterThan(3);
    const { code, out, err } = await payday('check', ...files);
    expect({ code, out, err }).toEqual({
      code: 0,
      out: files.map((each) => `${each}: fine\n`).join(''),
      err: '',
    });
  });

  it('names every mistake of every file with its line and column, and exits 2', async () => {
    const bad = file(
      'bad.yaml',
      TINY.replace('delayMs: 300', 'delay: 300')
        .replace('duration: 60s', 'duration: 61s')
        .replace('80%', '180%'),
    );
    const good = file('good.yaml', TINY);
    const { code, out, err } = await payday('check', bad, good, join(folder, 'missing.yaml'));
    expect([code, out]).toEqual([2, `${good}: fine\n`]);
    expect(err.trimEnd().split('\n')).toEqual([
      `${bad}:2:1 duration: 1m1s is not a multiple of pay.window (5s)`,
      `${bad}:8:45 timeline[0].params: fault slow: the parameter delay is not known; known: delayMs`,
      `${bad}:9:23 timeline[1].when.teamsUp: must be a share from 1% to 100%, got "180%"`,
      expect.stringMatching(/^cannot read .*missing.yaml/),
    ]);
  });

  it('says the same to machines', async () => {
    const bad = file('bad.yaml', TINY.replace('fault: slow', 'fault: slwo'));
    const { code, out, err } = await payday('check', '--json', bad);
    expect([code, err]).toEqual([2, '']);
    expect(JSON.parse(out)).toMatchObject([
      { file: bad, ok: false, problems: [{ line: 8, column: 15, path: 'timeline[0].fault' }] },
    ]);
  });

  it('gives advice, and exits 0', async () => {
    const quiet = file('quiet.yaml', TINY.replace('requestsPerSecond: 2', 'requestsPerSecond: 0.5'));
    const { code, err } = await payday('check', quiet);
    expect([code, err]).toEqual([0, expect.stringContaining('too few requests for downtime to strike')]);
  });

  it('teaches each kind of trouble that reaches a team in a sandbox in Chaos School', async () => {
    const { out } = await payday('show', '--json', join(SHIPPED, 'chaos-school.yaml'));
    const { timeline } = JSON.parse(out).scenario as { timeline: { type: string; kind?: string }[] };
    const shown = timeline.flatMap(({ kind }) => kind ?? []).sort();
    const { sandbox, 'tcp-proxy': proxy, traffic } = KINDS_BY_DRIVER;
    expect(shown).toEqual([...Object.keys({ ...sandbox, ...proxy, ...traffic })].sort());
  });
});

describe('payday scenario show', () => {
  it('prints services, pay and the day in order of time', async () => {
    const { code, out } = await payday('show', file('tiny.yaml', TINY));
    expect(code).toBe(0);
    expect(out).toBe(`Tiny (tiny): 1m, windows of 5s, seed "tiny"

Services, per team
service   weight  checks  requests  perfect               all failing
R router   100 %       1       120  $120.00  $120.00/min     −$150.00  −$150.00/min
all                            120  $120.00  $120.00/min     −$150.00  −$150.00/min

Timeline
 0s  load    All day: router 2/s
 5s  fault   slow (delayMs 300) on router, 2 teams, 10s, not paid: Hm
 9s  says    All up </ceo.mp4> [when 80 % of the teams are up, by 20s at the latest]
50s  freeze  the board stands still
 1m  end     revealed 1m after, or by hand; 5 teams are introduced, 3 win a prize

Limits of chaos: 5 teams at once without confirmation, 30m at most, 10s between two on one service, 500 at the same time
`);
  });

  it('shows a game as it is at another speed, with every default, to machines', async () => {
    const { out } = await payday('show', '--json', '--speed', '2', file('tiny.yaml', TINY));
    expect(JSON.parse(out)).toMatchObject({
      perfectCents: 6000,
      scenario: { durationMs: 30_000, freezeAtMs: 25_000, probing: { timeoutMs: 2000 } },
    });
  });

  it('refuses a file with mistakes, and exits 2', async () => {
    const { code, err } = await payday('show', file('bad.yaml', TINY.replace('name:', 'nmae:')));
    expect([code, err]).toEqual([2, expect.stringMatching(/^payday: bad.yaml:1:1 nmae: unknown key/)]);
  });
});

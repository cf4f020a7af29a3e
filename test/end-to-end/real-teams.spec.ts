import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerEntry, StandingsView } from '#contracts';
import type { PlainResult } from '#testing';
import { ledgerPage, rowOf, standings, sumOfCents } from '../support/api.js';
import { Program, startDemoCompany } from '../support/demo-company.js';
import { GameFolder, GameProcess, ROOT, freePort } from '../support/game-process.js';
import { HOSTILE } from '../support/hostile-servers.js';
import { readRawGame, resultsOnce } from '../support/raw-log.js';
import { eventually } from '../support/wait.js';

/**
 * A game of real teams from a teams file: one good team that runs the demo company's programs, and every kind of bad one.
 * Only the bad ones may be affected.
 */
const SERVICES = ['router', 'catalog', 'pricing', 'booking'];
const DURATION_S = 20;
const hasPython = spawnSync('python3', ['--version']).status === 0;
const NO_PYTHON = 'SKIPPED: there is no python3 to be a team with; install python3';
if (!hasPython) process.stderr.write(`${NO_PYTHON}\n`);

const folder = new GameFolder();
const programs: Program[] = [];
const servers: { close(): void }[] = [];
let game: GameProcess;
/** In the middle of the game. */
let early: StandingsView;
/** After its end. */
let final: StandingsView;
let results: PlainResult[];

beforeAll(async () => {
  const teams: { id: string; endpoints: Record<string, string> }[] = [];
  const everywhere = (url: string): Record<string, string> =>
    Object.fromEntries(SERVICES.map((id) => [id, url]));
  teams.push({ id: 'good', endpoints: await startDemoCompany(programs) });
  for (const [id, { listen }] of Object.entries(HOSTILE)) {
    const server = await listen();
    servers.push(server);
    teams.push({ id, endpoints: everywhere(server.url) });
  }
  teams.push({ id: 'refuses', endpoints: everywhere(`http://127.0.0.1:${await freePort()}`) });
  teams.push({ id: 'nowhere', endpoints: {} });
  if (hasPython) {
    const python = new Program(
      'python3',
      ['-u', '-m', 'http.server', '--bind', '127.0.0.1', '0'],
      / port (\d+)/,
    );
    programs.push(python);
    teams.push({ id: 'python', endpoints: everywhere(await python.url) });
  }

  game = await GameProcess.start(folder, [
    ...['--scenario', write('short.yaml', shortScenario())],
    // All teams are on this machine, which must be allowed.
    ...['--allow', '127.0.0.0/8'],
    ...[
      '--teams-file',
      write('teams.json', JSON.stringify({ teams: teams.map((team) => ({ name: team.id, ...team })) })),
    ],
  ]);
  await game.prints(/Leaderboard/, 30_000);
  await eventually(
    async () => {
      early = await standings(game.url);
      const elapsedMs = early.asOf - (early.game.startsAt ?? Infinity);
      if (!(elapsedMs > 8_000)) throw new Error('the game has not lasted eight seconds yet');
    },
    { withinMs: 30_000, everyMs: 200 },
  );
  await game.prints(/Final standings/, (DURATION_S + 30) * 1000);
  final = await standings(game.url);
  results = resultsOnce((await readRawGame(folder, final.game.id)).batches);
}, 120_000);

afterAll(async () => {
  await folder.remove();
  await Promise.all(programs.map((program) => program.stop()));
  for (const server of servers) server.close();
}, 20_000);

function write(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

/** scenarios/quick.yaml without its faults and its rush, so that only the teams themselves make a difference. */
function shortScenario(): string {
  const quick = readFileSync(join(ROOT, 'scenarios/quick.yaml'), 'utf8');
  const head = quick.slice(0, quick.indexOf('\nload:')).replace('duration: 60s', `duration: ${DURATION_S}s`);
  return `${head}
load:
  - { at: 0s, label: Steady, requestsPerSecond: { router: 3, catalog: 3, pricing: 3, booking: 3 } }
timeline: []
`;
}

async function entriesOf(teamId: string): Promise<LedgerEntry[]> {
  const { entries, salaryCents } = await ledgerPage(game.url, teamId, folder.facilitator());
  expect(sumOfCents(entries)).toBe(salaryCents);
  return entries;
}

/** All results of a team. On a busy machine the prober cannot judge some of them, and those are never scored. */
function resultsOf(teamId: string): PlainResult[] {
  return results.filter((result) => result.teamId === teamId);
}

/** Loses pay from beginning to end, in every service, and the ledger says why. */
async function expectToPayForIt(teamId: string, outcome: string, got: RegExp): Promise<void> {
  const { salaryCents } = rowOf(final, teamId);
  expect(salaryCents).toBeLessThan(0);
  expect(salaryCents).toBeLessThanOrEqual(rowOf(early, teamId).salaryCents);

  const entries = await entriesOf(teamId);
  expect([...new Set(entries.map(({ reason }) => reason))].sort()).toEqual(['downtime', 'failed']);
  for (const serviceId of SERVICES) {
    const ofService = entries.filter((entry) => entry.serviceId === serviceId);
    const failed = ofService.filter(({ reason }) => reason === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    for (const sample of failed.flatMap(({ samples }) => samples)) {
      expect(sample).toMatchObject({ outcome, request: expect.stringMatching(/^(GET|POST) \//) });
      expect(sample.expected).toMatch(/20[01]/);
      expect(sample.got).toMatch(got);
    }
    expect(failed.every(({ samples }) => samples.length > 0)).toBe(true);
  }
  const [downtime] = entries.filter(({ reason }) => reason === 'downtime');
  expect(downtime!.note).toMatch(/availability 0\.0 %/);
  // These are the only samples of it.
  const outcomes = new Set(resultsOf(teamId).map((result) => result.outcome));
  outcomes.delete('prober_error');
  expect([...outcomes]).toEqual([outcome]);
}

describe('a good team', () => {
  it('is paid for every request, as fast as it is, whatever the others do', async () => {
    for (const { id, state, availabilityBp } of rowOf(final, 'good').services)
      expect({ id, state, availabilityBp }).toEqual({ id, state: 'up', availabilityBp: 10_000 });
    const entries = await entriesOf('good');
    expect(entries.filter(({ reason }) => reason !== 'served')).toEqual([]);
    expect(entries.filter(({ cents }) => cents <= 0)).toEqual([]);
    expect(resultsOf('good').filter(({ outcome }) => outcome !== 'prober_error' && outcome !== 'ok')).toEqual(
      [],
    );
    const served = entries.reduce((sum, { count }) => sum + count, 0);
    expect(served).toBe(resultsOf('good').filter(({ outcome }) => outcome === 'ok').length);
    // While the bad ones take a second, this one stays as fast as before.
    const medians = entries.map(({ latencyMs }) => latencyMs!.p50).sort((a, b) => a - b);
    expect(medians[Math.floor(medians.length / 2)]).toBeLessThan(120);
  });

  it('leads', () => {
    expect(rowOf(final, 'good').rank).toBe(1);
    expect(rowOf(final, 'good').salaryCents).toBeGreaterThan(0);
  });

  it('gets the same requests as everybody else', () => {
    const requests = (teamId: string): number[] =>
      SERVICES.map((id) => resultsOf(teamId).filter(({ serviceId }) => serviceId === id).length);
    const expected = requests('good');
    expect(Math.min(...expected)).toBeGreaterThan(0);
    // Every team's schedule has a phase of its own: if the prober began late, it may cut off a request.
    for (const { team } of final.standings)
      requests(team.id).forEach((count, index) =>
        expect(Math.abs(count - expected[index]!)).toBeLessThanOrEqual(2),
      );
  });
});

describe('a team pays for it if its server', () => {
  it.each(Object.keys(HOSTILE))('%s', async (id) => {
    await expectToPayForIt(id, HOSTILE[id]!.outcome, HOSTILE[id]!.got);
  });

  it('refuses connections', async () => {
    await expectToPayForIt('refuses', 'connect_error', /ECONNREFUSED/);
  });

  it('does not exist', async () => {
    await expectToPayForIt('nowhere', 'no_endpoint', /./);
    expect(rowOf(final, 'nowhere').services.map(({ state }) => state)).toEqual(SERVICES.map(() => 'missing'));
  });

  (hasPython || process.env['CI'] === 'true' ? it : it.skip)('is python3 -m http.server', async () => {
    if (!hasPython) throw new Error(NO_PYTHON);
    await expectToPayForIt('python', 'bad_status', /404|501/);
  });
});

it('the launcher has nothing to complain of, and ends with Ctrl-C', async () => {
  game.ctrlC();
  expect(await game.exited).toEqual({ code: 0, signal: null });
  expect(game.complaints).toBe('');
  await folder.allGone();
}, 10_000);

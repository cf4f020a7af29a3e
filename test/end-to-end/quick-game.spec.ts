import { join } from 'node:path';
import { connectLeaderboard } from '#client';
import type { PublicFault, ServiceState, StandingsView } from '#contracts';
import { formatCents } from '#kernel';
import { documentedPaths, get, ledgerPage, rowOf, standings, sumOfCents } from '../support/api.js';
import { storedSalaries } from '../support/database.js';
import { GameFolder, GameProcess, ROOT } from '../support/game-process.js';
import { LeaderboardRecorder } from '../support/leaderboard-recorder.js';
import { eventually, sleep } from '../support/wait.js';

/**
 * One play of scenarios/quick.yaml, as a newcomer sees it after one command. The tests are stages of that one game and
 * run in order: each waits for its moment.
 */
const TEAMS = 8;
const FIRST_PAY_WITHIN_MS = 30_000;
const LAMP_WITHIN_MS = 12_000;

const folder = new GameFolder();
let game: GameProcess;
let viewer: LeaderboardRecorder;

beforeAll(async () => {
  game = await GameProcess.start(folder, ['--scenario', join(ROOT, 'scenarios/quick.yaml'), '--exit-at-end']);
});
afterAll(async () => {
  viewer?.close();
  await folder.remove();
}, 15_000);

/** Measured times are reported, not checked: the machine may be busy. */
function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Every team's entries, its salary and the total, each from one answer. */
async function expectEveryLedgerToAddUp(): Promise<number> {
  const view = await standings(game.url);
  let entries = 0;
  for (const { team } of view.standings) {
    const page = await ledgerPage(game.url, team.id);
    expect({ team: team.id, salary: page.salaryCents, total: page.total.cents }).toEqual({
      team: team.id,
      salary: sumOfCents(page.entries),
      total: sumOfCents(page.entries),
    });
    expect(page.nextCursor).toBeNull();
    entries += page.entries.length;
  }
  return entries;
}

it('pays all eight teams soon after the launch', async () => {
  const view = await eventually(
    async () => {
      const now = await standings(game.url);
      if (now.standings.length !== TEAMS || now.standings.some((row) => row.salaryCents === 0))
        throw new Error(`not every team has been paid: ${JSON.stringify(now.standings)}\n${game.report()}`);
      return now;
    },
    { withinMs: FIRST_PAY_WITHIN_MS, unless: () => game.hasExited },
  );
  say(`all eight teams were paid ${Math.round(game.ageMs)} ms after the launch (goal: 15000)`);
  expect(view.game.state).toBe('running');
  expect(game.stdout).toContain(`Leaderboard   ${game.url}/`);
  viewer = new LeaderboardRecorder(game.url);
}, 70_000);

it('serves health, readiness, metrics, its OpenAPI document and the page', async () => {
  expect(await get(`${game.url}/healthz`)).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await get(`${game.url}/readyz`)).toMatchObject({ status: 200, body: { ready: true } });
  const metrics = await get<string>(`${game.url}/metrics`);
  expect(metrics.status).toBe(200);
  expect(metrics.body).toMatch(/^payday_ingest_results_total [1-9]/m);
  expect(await documentedPaths(game.url)).toEqual(
    expect.arrayContaining([
      '/api/v1/standings',
      '/api/v1/ledger',
      '/api/v1/probe-batches',
      '/api/v1/stream',
    ]),
  );
  const page = await get<string>(`${game.url}/`);
  expect([page.status, page.contentType]).toEqual([200, expect.stringContaining('text/html')]);
});

it.each<[what: string, path: string, init: RequestInit, status: number, code: string]>([
  ['an unknown resource', '/api/v1/nothing', {}, 404, 'not_found'],
  ['an unknown resource beside the API', '/api/nothing', {}, 404, 'not_found'],
  ['an unknown page', '/nothing', {}, 404, 'not_found'],
  ['a path out of the pages’ folder', '/..%2f..%2f..%2fpackage.json', {}, 404, 'not_found'],
  ['an unknown method', '/api/v1/standings', { method: 'DELETE' }, 404, 'not_found'],
  ['an unknown team', '/api/v1/ledger?team=nobody', {}, 404, 'unknown_team'],
  ['a limit that is no number', '/api/v1/ledger?limit=many', {}, 400, 'invalid_query'],
  ['results without a token', '/api/v1/probe-batches', { method: 'POST' }, 401, 'unauthenticated'],
])('answers %s with a problem', async (_what, path, init, status, code) => {
  const answer = await get<{ status: number; code: string; title: string }>(`${game.url}${path}`, init);
  expect(answer.contentType).toContain('application/problem+json');
  expect(answer.body).toMatchObject({ status, code, title: expect.any(String) });
  expect(answer.status).toBe(status);
});

it('sends a Socket.IO viewer a snapshot, then deltas without a gap, that add up to what REST says', async () => {
  await eventually(() => expect(viewer.deltas.length).toBeGreaterThan(20), { withinMs: 10_000 });
  expect(viewer.snapshots).toHaveLength(1);
  expect(viewer.gaps()).toEqual([]);

  // A second viewer, built with our client, has the same salaries as REST for the same frame.
  const client = connectLeaderboard({ url: game.url });
  try {
    await eventually(
      async () => {
        const rest = await standings(game.url);
        const mine = client.view;
        if (mine?.seq !== rest.seq) throw new Error(`the viewer is at ${mine?.seq}, REST at ${rest.seq}`);
        expect(mine.standings).toEqual(rest.standings);
      },
      { withinMs: 10_000, everyMs: 10 },
    );
  } finally {
    client.close();
  }
});

/** The state of one status in every frame since an instant of the viewer's clock. */
function statusSince(
  teamId: string,
  serviceId: string,
  sinceMs: number,
): { atMs: number; state: ServiceState }[] {
  return viewer.rows
    .filter(({ row, atMs }) => row.team.id === teamId && atMs >= sinceMs)
    .map(({ row, atMs }) => ({ atMs, state: row.services.find(({ id }) => id === serviceId)!.state }));
}

/** The fault once it acts on this many teams: they are struck one after the other, some milliseconds apart. */
async function faultBegins(injectionId: string, teams = 1): Promise<PublicFault> {
  return eventually(
    () => {
      const fault = viewer.faults.find(
        (each) => each.injectionId === injectionId && each.teamIds.length >= teams,
      );
      if (fault) return fault;
      const { deltas, disconnected } = viewer;
      throw new Error(
        `the fault ${injectionId} was not seen; ${deltas.length} deltas, disconnected: ${disconnected}\n${game.report()}`,
      );
    },
    { withinMs: 40_000, everyMs: 20 },
  );
}

it('turns a struck team’s status and its pay negative, and both back after the repair', async () => {
  const fault = await faultBegins('power-cable', 3);
  for (const teamId of fault.teamIds) {
    const changed = await eventually(
      () => {
        const found = statusSince(teamId, fault.serviceId, fault.startedAt).find(
          ({ state }) => state !== 'up',
        );
        if (!found) throw new Error(`the status of ${teamId} has not changed`);
        return found;
      },
      { withinMs: LAMP_WITHIN_MS },
    );
    say(`the status of ${teamId} changed ${changed.atMs - fault.startedAt} ms after the fault (goal: 2000)`);
  }
  for (const teamId of fault.teamIds)
    await eventually(
      () => {
        const lowest = Math.min(
          ...viewer.rows.filter(({ row }) => row.team.id === teamId).map(({ row }) => row.payPerMinuteCents),
        );
        expect(lowest).toBeLessThan(0);
      },
      { withinMs: 15_000 },
    );
  await expectEveryLedgerToAddUp();
  for (const teamId of fault.teamIds)
    await eventually(
      async () => {
        const row = rowOf(await standings(game.url), teamId);
        expect(row.services.find(({ id }) => id === fault.serviceId)!.state).toBe('up');
        expect(row.payPerMinuteCents).toBeGreaterThan(0);
      },
      { withinMs: 25_000, everyMs: 200 },
    );
}, 60_000);

it('has every salary equal to the sum of its ledger at any moment', async () => {
  let entries = 0;
  for (let round = 0; round < 4; round++) {
    const now = await expectEveryLedgerToAddUp();
    expect(now).toBeGreaterThan(entries);
    entries = now;
    await sleep(1_000);
  }
}, 30_000);

it('tells in the ledger why a team lost pay', async () => {
  const [teamId] = (await faultBegins('bad-booking')).teamIds;
  await eventually(
    async () => {
      const { entries } = await ledgerPage(game.url, teamId!, folder.facilitator());
      const failed = entries.filter(
        ({ reason, serviceId }) => reason === 'failed' && serviceId === 'booking',
      );
      expect(failed.flatMap(({ samples }) => samples)).toContainEqual(
        expect.objectContaining({ outcome: 'wrong_body', checkId: 'book', request: 'POST /bookings' }),
      );
      expect(entries.some(({ reason, cents }) => reason === 'downtime' && cents < 0)).toBe(true);
    },
    { withinMs: 10_000, everyMs: 200 },
  );
}, 60_000);

it('ends with final standings that are those of the last answer and of the ledger on disk, with exit code 0', async () => {
  let last: StandingsView | undefined;
  while (!game.hasExited) {
    last = await standings(game.url).catch(() => last);
    await sleep(20);
  }
  expect({ ...(await game.exited), stderr: game.complaints }).toEqual({ code: 0, signal: null, stderr: '' });
  await folder.allGone();

  const { startsAt, endsAt } = last!.game;
  expect(endsAt! - startsAt!).toBe(60_000);
  expect(last!.asOf).toBeGreaterThanOrEqual(endsAt!);
  const shown = last!.standings.map(
    ({ rank, team, salaryCents }) => `${rank} ${team.name} ${formatCents(salaryCents)}`,
  );
  expect(printedStandings()).toEqual(shown);

  // Viewers see the end before the page goes down.
  expect(viewer.deltas.flatMap(({ game: shownGame }) => shownGame?.state ?? []).at(-1)).toBe('sealed');
  const stored = await storedSalaries(folder);
  expect(stored).toEqual(new Map(last!.standings.map(({ team, salaryCents }) => [team.id, salaryCents])));
  expect(viewer.gaps()).toEqual([]);
  expect(viewer.standings()).toEqual(
    new Map(last!.standings.map(({ team, salaryCents }) => [team.id, salaryCents])),
  );
}, 90_000);

/** `1 Five Nines $452.60`, one per line of the final table. */
function printedStandings(): string[] {
  const table = game.stdout.split('Final standings\n')[1] ?? '';
  return table
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().replace(/ {2,}/g, ' '));
}

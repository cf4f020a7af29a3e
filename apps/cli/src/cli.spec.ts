import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { TOPICS, type GameEvent } from '#contracts';
import { openEventLog } from '#event-log';
import { GameStore, unscoredReport } from '#persistence';
import { buildBatch, naiveLedger, naiveSalaries } from '#testing';
import { audit, type AuditReport } from './audit.js';
import { GAME_ID, START, TEAM_IDS, recordGame, type RecordedGame } from './conformance/recorded-game.js';
import { run } from './run.js';

const RESCORE = fileURLToPath(new URL('../../../docs/examples/rescore.py', import.meta.url));
const SEED = String(Date.now());

let game: RecordedGame;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'payday-cli-out-'));
  game = await recordGame(SEED);
}, 60_000);

afterAll(async () => {
  await game?.close();
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

const source = (): string[] => ['--log', game.logUrl, '--database', game.databaseUrl];

async function auditReport(): Promise<AuditReport & { code: number }> {
  const { code, out } = await payday('audit', '--json', ...source());
  return { ...(JSON.parse(out) as AuditReport), code };
}

/** Times are ms of the game. */
function excused(excuseId: string, teamId: string, fromMs: number, untilMs: number | null): GameEvent {
  const untilAt = untilMs === null ? null : START + untilMs;
  const data = { excuseId, teamId, serviceId: 'catalog', fromAt: START + fromMs, untilAt, reason: 'a test' };
  return game.make.make('dev.payday.windows.excused', data);
}

const sql = (text: string): Promise<unknown> => game.database.query(text);

/** Makes a change, and takes it back after the check, so that each test has the true ledger. */
async function altered(change: string, check: () => Promise<void>): Promise<void> {
  for (const table of ['ledger', 'team_score'])
    await sql(`CREATE TABLE true_${table} AS SELECT * FROM ${table}`);
  try {
    await sql(change);
    await check();
  } finally {
    for (const table of ['ledger', 'team_score']) {
      await sql(`DELETE FROM ${table}`);
      await sql(`INSERT INTO ${table} SELECT * FROM true_${table}`);
      await sql(`DROP TABLE true_${table}`);
    }
  }
}

describe(`payday on a recorded game (seed ${SEED})`, () => {
  it('audits a game that goes on: before its start, with open windows, in a pause, after restarts of the scorer', async () => {
    const { make } = game;
    expect(await auditReport()).toMatchObject({ code: 0, equal: true, rows: 0, sealed: false });
    await game.publishEvents(make.created(game.scenario), ...TEAM_IDS.slice(0, 2).map((id) => make.team(id)));
    await game.score();
    expect(await auditReport()).toMatchObject({ code: 0, equal: true, rows: 0 });
    await game.publishEvents(
      make.make('dev.payday.game.scheduled', { startsAt: START, endsAt: START + 20_000 }),
      make.team(TEAM_IDS[2]!),
    );
    await game.send(-1, 6);
    await game.score();
    const open = await auditReport();
    expect(open).toMatchObject({ code: 0, equal: true, sealed: false, teams: 3, refusedBatches: 0 });
    expect(open.duplicateBatches).toBeGreaterThan(0);
    await game.publishEvents(
      make.make('dev.payday.game.paused', { fromAt: START + 5000, reason: 'lunch' }),
      make.make('dev.payday.adjustment.made', {
        adjustmentId: 'gift',
        teamId: 'golem',
        cents: -1234,
        reason: 'left the tap running',
        effectiveAt: START + 4000,
      }),
    );
    await game.score();
    expect(await auditReport()).toMatchObject({ code: 0, equal: true });
    await game.publishEvents(
      make.teamChanged('golem'),
      // What was said last of a team holds; in the database golem is placed and hydra is not.
      ...(['golem', 'hydra'] as const).map((id) =>
        make.make('dev.payday.team.changed', {
          team: { id, name: id, color: '#fff', ranked: id === 'golem' },
        }),
      ),
      make.make('dev.payday.game.resumed', { fromAt: START + 9000, endsAt: START + 24_000 }),
      excused('f1/fenrir', 'fenrir', 3000, null),
      excused('f1/golem', 'golem', 3000, null),
    );
    await game.send(6, 15);
    await game.score();
    // One fault was over soon, and the other one's team gets all of its pay back.
    await game.publishEvents(
      excused('f1/fenrir', 'fenrir', 3000, 13_000),
      excused('f1/golem', 'golem', 0, 0),
    );
    await game.score();
    expect(await auditReport()).toMatchObject({ code: 0, equal: true });
    // In the log, but not scored yet: the ledger is compared as of the scorer's last commit.
    await game.send(15, 18);
    expect(await auditReport()).toMatchObject({ code: 0, equal: true });
  }, 60_000);

  it('audits a sealed game: what came after the seal, what nobody can read and what never scores makes no difference', async () => {
    const { make } = game;
    await game.append(
      buildBatch(GAME_ID, [{ ...game.results[0]!, serviceId: 'unknown' }], {
        proberId: 'p1',
        epoch: 7,
        seq: 999_999,
      }),
    );
    await game.appendRaw(`${GAME_ID}/fenrir`, Uint8Array.of(1, 2, 3));
    await game.send(18, 25);
    await game.send(2, 4);
    await game.score();
    await game.publishEvents(make.make('dev.payday.game.ended', { endsAt: START + 23_000 }));
    await game.publishEvents(make.make('dev.payday.game.sealed', { sealedAt: START + 25_000 }));
    await game.score();
    await game.send(3, 4, { count: false });
    await game.publishEvents(excused('f1/fenrir', 'fenrir', 0, 23_000));
    await game.score();
    await game.database.query(`UPDATE game SET state = 'sealed'`);
    const report = await auditReport();
    expect(report).toMatchObject({ code: 0, equal: true, sealed: true, refusedBatches: 2, differences: [] });
    const { out } = await payday('audit', ...source());
    expect(out).toMatch(/^equal: the ledger of recorded follows from the log, to the cent\n/);
    expect(out).toContain(`3 teams, ${report.rows} ledger rows`);
  }, 60_000);

  it('gives the same report whether it is made in one pass or in several', async () => {
    const log = await openEventLog(game.logUrl);
    const games = new GameStore(game.database);
    const parts = {
      log,
      dataSource: game.database,
      games,
      close: async () => {},
      releaseDatabase: async () => {},
    };
    const one = await audit(parts, GAME_ID);
    const several = await audit(parts, GAME_ID, { rowsPerPass: 10 });
    await log.close();
    expect({ ...several, seconds: 0 }).toEqual({ ...one, seconds: 0 });
  });

  it('names a row that was altered by hand, and exits 1', async () => {
    const key = `team_id = 'golem' AND reason = 'adjustment'`;
    await altered(`UPDATE ledger SET cents = 1 WHERE ${key}`, async () => {
      const { code, out } = await payday('audit', ...source());
      expect(code).toBe(1);
      expect(out).toMatch(
        /^DIFFERENT: the ledger of recorded does not follow from the log \(1 differences\)/,
      );
      expect(out).toContain(
        'row changed: team golem, window 4, service -, reason adjustment, counterpartyId gift\n    cents: stored 1, recomputed -1234',
      );
    });
    expect((await auditReport()).code).toBe(0);
  });

  it.each([
    ['a row taken away', `DELETE FROM ledger WHERE reason = 'adjustment'`, 'row_missing'],
    [
      'a row put in',
      `INSERT INTO ledger SELECT game_id, team_id, 7, service_id, reason, 'friend', window_start_at, count, cents, histogram, samples, note, commit_seq FROM ledger WHERE reason = 'adjustment'`,
      'row_unfounded',
    ],
    [
      'a row of a team that never played',
      `INSERT INTO ledger SELECT game_id, 'ghost', window_index, service_id, reason, counterparty, window_start_at, count, cents, histogram, samples, note, commit_seq FROM ledger WHERE reason = 'adjustment'`,
      'row_unfounded',
    ],
    [
      'a salary',
      `UPDATE team_score SET salary_cents = salary_cents + 1 WHERE team_id = 'fenrir'`,
      'salary_changed',
    ],
    [
      'another key field',
      `UPDATE ledger SET window_index = 3000 WHERE reason = 'adjustment'`,
      'row_unfounded,row_missing',
    ],
  ])('finds %s', async (_what, change, kinds) => {
    await altered(change, async () => {
      const { code, equal, differences } = await auditReport();
      expect([code, equal, differences.map(({ what }) => what).join()]).toEqual([1, false, kinds]);
    });
  });

  it.each([
    ['count', `count = count + 1`],
    ['windowStartAt', `window_start_at = window_start_at - 1`],
    ['note', `note = 'because'`],
    ['samples', `samples = '[]'`],
    ['histogram', `histogram = '\\x010a05'`],
  ])('finds a changed %s', async (field, assignment) => {
    const rows = `SELECT ctid FROM ledger WHERE ${field === 'samples' ? `samples <> '[]'` : `reason = 'served'`} LIMIT 30`;
    await altered(`UPDATE ledger SET ${assignment} WHERE ctid IN (${rows})`, async () => {
      const { differences } = await auditReport();
      expect(differences).toHaveLength(30);
      expect(differences.every((d) => d.what === 'row_changed' && d.fields[0]!.field === field)).toBe(true);
      const { out } = await payday('audit', ...source());
      expect(out.match(/row changed/g)).toHaveLength(20);
      expect(out).toContain('… and 10 more; --json lists all');
    });
  });

  it('says when the log is not the one that the ledger was computed from', async () => {
    const logUrl = `lmdb:${join(folder, 'other-log')}`;
    const other = await openEventLog(logUrl);
    await other.createTopics(Object.values(TOPICS).map((topic) => ({ topic, partitions: 1 })));
    await other.close();
    const { code, err } = await payday('audit', '--json', '--log', logUrl, '--database', game.databaseUrl);
    expect([code, JSON.parse(err).error.code]).toEqual([1, 'log_too_short']);
  });

  it('exports each accepted result once, after the facts of the game', async () => {
    const { out } = await payday('export', 'results', ...source());
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.slice(0, 8)).toEqual([
      { kind: 'game', at: START, untilAt: START + 23_000 },
      { kind: 'pause', at: START + 5000, untilAt: START + 9000 },
      ...TEAM_IDS.map((teamId) => ({ kind: 'team', teamId, ranked: teamId !== 'hydra' })),
      {
        kind: 'adjustment',
        teamId: 'golem',
        at: START + 4000,
        untilAt: START + 20_000,
        adjustmentId: 'gift',
        cents: -1234,
      },
      {
        kind: 'excuse',
        teamId: 'fenrir',
        serviceId: 'catalog',
        at: START + 3000,
        untilAt: START + 13_000,
        excuseId: 'f1/fenrir',
      },
      {
        kind: 'excuse',
        teamId: 'golem',
        serviceId: 'catalog',
        at: START,
        untilAt: START,
        excuseId: 'f1/golem',
      },
    ]);
    const results = lines.filter(({ kind }) => kind === 'result');
    expect(results).toHaveLength(game.results.length);
    const [first] = game.results;
    expect(results[0]).toEqual({
      kind: 'result',
      teamId: first!.teamId,
      at: first!.intendedAt,
      role: first!.role,
      serviceId: first!.serviceId,
      counterpartyId: first!.counterpartyId,
      outcome: first!.outcome,
      latencyUs: first!.latencyUs,
      proberId: 'p1',
      epoch: 7,
      seq: 0,
      index: 0,
    });
    const csv = (await payday('export', 'results', '--format', 'csv', ...source())).out.trimEnd().split('\n');
    expect(csv.slice(0, 3)).toEqual([
      'kind,teamId,at,untilAt,role,serviceId,counterpartyId,outcome,latencyUs,proberId,epoch,seq,index,adjustmentId,cents,excuseId,ranked',
      `game,,${START},${START + 23_000},,,,,,,,,,,,,`,
      `pause,,${START + 5000},${START + 9000},,,,,,,,,,,,,`,
    ]);
    expect(csv).toHaveLength(lines.length + 1);
  });

  it('exports the ledger, whose sums are the exported standings', async () => {
    const { out } = await payday('export', 'ledger', ...source());
    const entries = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const sums = new Map<string, number>();
    for (const { teamId, cents } of entries) sums.set(teamId, (sums.get(teamId) ?? 0) + cents);
    const counted = (team: string, ...reasons: string[]): number =>
      entries
        .filter(({ teamId, reason }) => teamId === team && reasons.includes(reason))
        .reduce((sum: number, { count }) => sum + (count as number), 0);
    const standings = (await payday('export', 'standings', ...source())).out.trimEnd().split('\n');
    const rows = standings.map((line) => JSON.parse(line));
    expect(rows.map(({ rank }) => rank)).toEqual([1, 2, null]);
    expect(rows.at(-1)).toEqual({
      rank: null,
      teamId: 'hydra',
      name: 'Team "hydra", Inc.',
      salaryCents: sums.get('hydra'),
      ranked: false,
      requests: counted('hydra', 'served', 'failed', 'unscored'),
      unscored: counted('hydra', 'unscored'),
    });
    expect(counted('hydra', 'unscored')).toBeGreaterThan(0);
    for (const { teamId, salaryCents } of rows) expect(salaryCents).toBe(sums.get(teamId));
    const csv = (await payday('export', 'standings', '--format', 'csv', ...source())).out.split('\n');
    expect(csv[0]).toBe('rank,teamId,name,salaryCents,ranked,requests,unscored');
    const { requests, unscored } = rows.at(-1);
    expect(csv[3]).toBe(`,hydra,"Team ""hydra"", Inc.",${sums.get('hydra')},false,${requests},${unscored}`);
    const failed = entries.find(({ reason, samples }) => reason === 'failed' && samples.length > 0);
    expect(failed).toMatchObject({ windowEndAt: failed.windowStartAt + 1000, latencyMs: null });
    expect(Object.keys(failed).sort()).toEqual(
      'cents count counterpartyId gameId latencyMs note reason samples serviceId teamId windowEndAt windowIndex windowStartAt'.split(
        ' ',
      ),
    );
  });

  it('writes a file only when it is complete', async () => {
    const file = join(folder, 'standings.csv');
    await payday('export', 'standings', '--format', 'csv', '--out', file, ...source());
    expect(await readFile(file, 'utf8')).toMatch(/^rank,teamId/);
    expect((await readdir(folder)).filter((name) => name.endsWith('.unfinished'))).toEqual([]);
    const refused = await payday('export', 'standings', '--out', join(folder, 'no/such/file'), ...source());
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('cannot write')]);
  });

  it('writes to a pipe as it is, and puts no file in its place', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const read = readFile(pipe, 'utf8');
    const { code } = await payday('export', 'standings', '--format', 'csv', '--out', pipe, ...source());
    expect([code, await read]).toEqual([0, expect.stringMatching(/^rank,teamId/)]);
    expect((await stat(pipe)).isFIFO()).toBe(true);
  });

  it('agrees with the oracle and with an independent program that reads only the export and the scenario', async () => {
    const oracle = naiveSalaries(naiveLedger(game.scenario, game.events, game.results));
    const { out } = await payday('export', 'standings', ...source());
    const salaries = new Map(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .map((row) => [row.teamId, row.salaryCents]),
    );
    expect(salaries).toEqual(oracle);
    const files = [join(folder, 'scenario.json'), join(folder, 'results.ndjson')];
    await payday('export', 'scenario', '--out', files[0]!, ...source());
    await payday('export', 'results', '--out', files[1]!, ...source());
    const told = python(RESCORE, ...files);
    if (told === null) return;
    const lines = told
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(new Map(lines.map(([teamId, cents]) => [teamId, Number(cents)]))).toEqual(oracle);
  });

  it('has every entry, rank and count that an independent program makes of the exported results alone', async () => {
    const files = [join(folder, 'scenario.json'), join(folder, 'results.ndjson')];
    await payday('export', 'scenario', '--out', files[0]!, ...source());
    await payday('export', 'results', '--out', files[1]!, ...source());
    const exported = async (what: string): Promise<Record<string, unknown>[]> =>
      objects((await payday('export', what, ...source())).out);
    for (const [what, hidden] of [
      ['ledger', ['gameId', 'windowStartAt', 'windowEndAt', 'latencyMs', 'samples', 'note']],
      ['standings', ['name']],
    ] as const) {
      const told = python(RESCORE, ...files, what);
      if (told === null) return;
      const ours = await exported(what);
      for (const line of ours) for (const field of hidden) delete line[field];
      expect(objects(told)).toEqual(ours);
      expect(ours.length).toBeGreaterThan(2);
    }
  });

  it('says above one per cent what was not scored: to who audits, and on standard error to who exports', async () => {
    const rows = objects((await payday('export', 'ledger', ...source())).out);
    const unscored = rows.filter(({ reason }) => reason === 'unscored');
    const lost = unscored.reduce((sum, { count }) => sum + (count as number), 0);
    const report = await auditReport();
    expect(report.unscored.total.unscored).toBe(lost);
    expect(report.unscored.teams.map(({ teamId }) => teamId)).toEqual([...TEAM_IDS].sort());
    expect(report.unscored.windowsAbove).toBe(
      new Set(unscored.map(({ teamId, windowIndex, serviceId }) => `${teamId} ${windowIndex} ${serviceId}`))
        .size,
    );
    expect(unscored[0]!['note']).toMatch(/^\d+ of \d+ requests \(\d+\.\d %\) were not scored/);
    const warning = /WARNING: not scored for trouble of the prober's own: \d+ of [\d,]+ requests/;
    expect((await payday('audit', ...source())).out).toMatch(warning);
    for (const what of ['ledger', 'standings']) {
      const { code, out, err } = await payday('export', what, ...source());
      expect([code, out.includes('WARNING')]).toEqual([0, false]);
      expect(err).toMatch(warning);
    }
    const snapshot = await unscoredReport(game.database, GAME_ID);
    expect(snapshot).toEqual(report.unscored);
  });

  it('compares what was not scored like everything else, but not where the ledger is of a version without', async () => {
    const forget = `DELETE FROM ledger WHERE reason = 'unscored'`;
    await altered(forget, async () => {
      const { code, comparesUnscored, differences } = await auditReport();
      expect([code, comparesUnscored]).toEqual([1, true]);
      expect(new Set(differences.map((d) => d.what === 'row_missing' && d.key.reason))).toEqual(
        new Set(['unscored']),
      );
      await sql(`CREATE TABLE true_state AS SELECT partition, state FROM scorer_checkpoint`);
      await sql(`UPDATE scorer_checkpoint SET state = set_byte(state, 0, 3)`);
      try {
        const old = await auditReport();
        expect([old.code, old.comparesUnscored, old.equal]).toEqual([0, false, true]);
        expect((await payday('audit', ...source())).out).toContain('that was not compared');
      } finally {
        await sql(
          `UPDATE scorer_checkpoint c SET state = t.state FROM true_state t WHERE t.partition = c.partition`,
        );
        await sql('DROP TABLE true_state');
      }
    });
    expect((await auditReport()).code).toBe(0);
  });

  it('rescores by other rules, beside the real ones', async () => {
    const pay =
      'window: 1s\nspeedBands: [{ upTo: 200ms, cents: 5 }]\nfailureCents: 0\nmarket: { ownPercent: 50 }\n';
    const file = join(folder, 'pay.yaml');
    await writeFile(file, pay);
    const { code, out } = await payday('rescore', '--pay', file, '--json', ...source());
    const told = JSON.parse(out);
    expect(code).toBe(0);
    const { scenario, events, results } = game;
    const oracle = naiveSalaries(naiveLedger({ ...scenario, pay: told.pay }, events, results));
    const real = naiveSalaries(naiveLedger(scenario, events, results));
    expect(told.pay).toMatchObject({ windowMs: 1000, market: { ownPercent: 50, foreignPercent: 120 } });
    for (const line of told.standings) {
      expect(line.salaryCents).toBe(oracle.get(line.teamId));
      expect(line.realSalaryCents).toBe(real.get(line.teamId));
      expect(line.changeCents).toBe(line.salaryCents - line.realSalaryCents);
    }
    const { out: text } = await payday('rescore', '--pay', file, ...source());
    expect(text.split('\n')[0]).toMatch(/^rank +was +team +salary +was +change$/);
  });

  it('places teams as they are now: one that was renamed and taken out of the ranking keeps its money', async () => {
    const games = new GameStore(game.database);
    const before = (await games.teams(GAME_ID)).find(({ id }) => id === 'golem')!;
    const lines = async (): Promise<Record<string, unknown>[]> =>
      (await payday('export', 'standings', ...source())).out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    const was = (await lines()).find(({ teamId }) => teamId === 'golem')!;
    const change = (team: typeof before) => games.transaction((tx) => games.updateTeam(tx, GAME_ID, team));
    await change({ ...before, name: '五つ星', ranked: false });
    try {
      const rows = await lines();
      expect(rows.map(({ rank }) => rank)).toEqual([1, null, null]);
      expect(rows).toContainEqual({ ...was, name: '五つ星', rank: null, ranked: false });
      const rules = join(folder, 'milder.yaml');
      await writeFile(rules, 'window: 1s\nspeedBands: [{ upTo: 200ms, cents: 5 }]\nfailureCents: 0\n');
      const rescored = JSON.parse((await payday('rescore', '--pay', rules, '--json', ...source())).out);
      expect(rescored.standings).toContainEqual(
        expect.objectContaining({
          name: '五つ星',
          rank: null,
          realRank: null,
          realSalaryCents: was['salaryCents'],
        }),
      );
      expect(await auditReport()).toMatchObject({ code: 0, equal: true, teams: 3 });
    } finally {
      await change(before);
    }
  });

  it.each([
    ['window: 2s', 'invalid_pay'],
    ['windw: 1s', 'invalid_scenario'],
    ['speedBands: [{ upTo: 9s, cents: 1 }, { upTo: 1s, cents: 1 }]', 'invalid_scenario'],
    ['', 'invalid_scenario'],
  ])('refuses the rules "%s"', async (text, expected) => {
    const file = join(folder, 'bad.yaml');
    await writeFile(file, text);
    const { code, err } = await payday('rescore', '--pay', file, '--json', ...source());
    expect([code, JSON.parse(err).error.code]).toEqual([2, expected]);
  });

  it('knows an unknown game from a known one', async () => {
    const { code, err } = await payday('audit', '--game', 'nope', ...source());
    expect([code, err]).toEqual([2, 'payday: there is no game "nope"; the newest are: recorded\n']);
    expect((await payday('audit', '--game', GAME_ID, ...source())).code).toBe(0);
  });
});

describe('wrong usage', () => {
  it.each([
    [[], 'Usage: payday'],
    [['sing'], "unknown command 'sing'"],
    [['audit', '--fast'], "unknown option '--fast'"],
    [['audit', '--data', '/nonexistent/folder'], 'there is no recorded game in /nonexistent/folder'],
    [['audit', '--log', 'lmdb:/x'], '--log and --database go together'],
    [['audit', '--log', 'carrier-pigeon:', '--database', 'postgres://127.0.0.1:1/x'], 'names no event log'],
    [['export', 'results', '--format', 'xml'], 'Allowed choices are ndjson, csv'],
    [['rescore'], "required option '--pay <file>'"],
    [['rescore', '--pay', '/nonexistent/pay.yaml'], 'cannot read /nonexistent/pay.yaml'],
    [['replay', '--speed', '0'], '--speed takes a number from 0.1 to 100'],
    [['replay', '--port', '99999'], '--port takes a whole number from 1 to 65535'],
    [['replay', '--host', ''], '--host takes an address'],
  ])('%j exits 2 and says why', async (args, message) => {
    const { code, err } = await payday(...args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it('help is no mistake', async () => {
    const { code, out } = await payday('audit', '--help');
    expect([code, out]).toEqual([0, expect.stringContaining('--data <dir>')]);
  });
});

function objects(ndjson: string): Record<string, unknown>[] {
  return ndjson
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Runs a Python program; null, and loudly, where there is no Python. */
function python(...args: string[]): string | null {
  try {
    return execFileSync('python3', args, { encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || process.env['CI'] === 'true') throw error;
    process.stderr.write('SKIPPED: there is no python3 to run docs/examples/rescore.py with\n');
    return null;
  }
}

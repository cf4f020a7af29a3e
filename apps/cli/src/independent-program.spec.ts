import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LEDGER_CSV_COLUMNS, LEDGER_REASONS, OUTCOMES, type GameEvent, type Role } from '#contracts';
import { randomStream, type Random } from '#kernel';
import { rankTeams } from '#game';
import { LedgerReplay, type LedgerRow } from '#scoring';
import { EventBuilder, buildBatch, buildScenario, type PlainResult } from '#testing';
import { rowKey } from './compare-ledger.js';
import { RESULT_SHAPE, STANDING_SHAPE, factLines, resultLines } from './export-lines.js';

const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url));
const SEED = process.env['SEED'] ?? String(Date.now());
const GAMES = 12;
const GAME = 'g';
const START = 1_700_000_000_000;
const TEAMS = ['ants', 'bees', 'cats', 'dogs'];
const scenario = buildScenario();

/** Windows of a second, pauses that may last beyond the end, adjustments at any time, teams placed and taken out. */
function someEvents(random: Random): GameEvent[] {
  const make = new EventBuilder(GAME);
  const at = (second: number): number => START + second * 1000;
  const events: GameEvent[] = [make.created(scenario), ...TEAMS.map((id) => make.team(id))];
  let adjustments = 0;
  const maybe = (second: number): void => {
    if (random.below(2) === 0)
      events.push(
        make.make('dev.payday.adjustment.made', {
          adjustmentId: `a${adjustments++}`,
          teamId: random.pick(TEAMS),
          cents: random.between(-500, 500),
          reason: 'by hand',
          effectiveAt: at(second) + random.below(1000),
        }),
      );
    if (random.below(4) === 0) {
      const id = random.pick(TEAMS);
      const team = { id, name: id, color: 'red', ranked: random.below(2) === 0 };
      events.push(make.make('dev.payday.team.changed', { team }));
    }
  };
  maybe(-5);
  events.push(make.make('dev.payday.game.scheduled', { startsAt: START, endsAt: at(20) }));
  maybe(-1);
  let end = 20;
  for (let second = 0; second < end;) {
    second += random.between(2, 9);
    maybe(second);
    if (second >= end || random.below(2) === 0) continue;
    const length = random.between(1, 30);
    events.push(make.make('dev.payday.game.paused', { fromAt: at(second), reason: 'lunch' }));
    maybe(second + length);
    second += length;
    end += length;
    events.push(make.make('dev.payday.game.resumed', { fromAt: at(second), endsAt: at(end) }));
  }
  if (random.below(3) === 0) {
    end = random.between(1, end);
    events.push(make.make('dev.payday.game.ended', { endsAt: at(end) }));
  }
  maybe(end + 3);
  for (const excuseId of ['e1', 'e2']) {
    if (random.below(2) === 0) continue;
    const from = random.below(20);
    const untilAt = random.below(3) === 0 ? null : at(from + random.below(6));
    const teamId = random.pick(TEAMS);
    const data = { excuseId, teamId, serviceId: 'catalog', fromAt: at(from), untilAt, reason: 'a switch' };
    events.push(make.make('dev.payday.windows.excused', data));
  }
  return [...events, make.make('dev.payday.game.sealed', { sealedAt: at(end + 10) })];
}

function someResults(random: Random): PlainResult[] {
  return Array.from({ length: random.between(0, 400) }, () => {
    const teamId = random.pick(TEAMS);
    return {
      teamId,
      role: random.pick<Role>(['consumer', 'consumer', 'provider']),
      serviceId: random.pick(['router', 'catalog']),
      counterpartyId: random.below(3) === 0 ? random.pick(TEAMS) : teamId,
      intendedAt: START + random.between(-2000, 30_000),
      latencyUs: random.pick([49_999, 50_000, 50_001, 200_000, 200_001, random.below(400_000)]),
      outcome: random.below(2) === 0 ? 'ok' : random.pick(OUTCOMES),
    };
  });
}

/** What the product makes of it. */
function product(events: readonly GameEvent[], results: readonly PlainResult[]) {
  const rows = new Map<string, LedgerRow>();
  const replay = new LedgerReplay({
    owns: () => true,
    completeUpTo: () => 0,
    onRow: (row) => rows.set(rowKey(row), row),
    onRemoved: (key) => rows.delete(rowKey(key)),
  });
  replay.events(events);
  const batches = results.map((result, seq) => buildBatch(GAME, [result], { proberId: 'p', epoch: 1, seq }));
  replay.batches(batches);
  replay.finish();
  const ranked = new Map<string, boolean>();
  for (const { type, data } of events)
    if (type === 'dev.payday.team.added' || type === 'dev.payday.team.changed')
      ranked.set(data.team.id, data.team.ranked);
  const teams = TEAMS.map((teamId) => ({
    teamId,
    ranked: ranked.get(teamId)!,
    salaryCents: replay.salaries.get(teamId) ?? 0,
  }));
  return { rows: [...rows.values()], standings: rankTeams(teams), batches };
}

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython && process.env['CI'] !== 'true')
  process.stderr.write('SKIPPED: there is no python3 to run docs/examples/rescore.py with\n');
const whenPython = hasPython || process.env['CI'] === 'true' ? test : test.skip;

whenPython(
  `docs/examples/rescore.py makes the same entries, ranks and counts of any game (seed ${SEED})`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'payday-rescore-'));
    try {
      for (let n = 0; n < GAMES; n++) {
        const random = randomStream(SEED, `game ${n}`);
        const events = someEvents(random);
        const { rows, standings, batches } = product(events, someResults(random));
        const lines = [...factLines(events), ...batches.flatMap((batch) => [...resultLines(batch)])];
        const files = [join(folder, 'scenario.json'), join(folder, 'results.ndjson')];
        await writeFile(files[0]!, JSON.stringify(scenario));
        await writeFile(files[1]!, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
        const told = async (what: string): Promise<Record<string, unknown>[]> =>
          (await promisify(execFile)('python3', [join(DOCS, 'examples/rescore.py'), ...files, what])).stdout
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line) as Record<string, unknown>);
        const theirs = (await told('ledger')).map((row) => Object.values(row).join('|'));
        const ours = rows.map((r) =>
          [r.teamId, r.windowIndex, r.serviceId, r.reason, r.counterpartyId, r.count, r.cents].join('|'),
        );
        expect([n, theirs.sort()]).toEqual([n, ours.sort()]);
        const counted = (teamId: string, ...reasons: string[]): number =>
          rows.reduce((sum, r) => sum + (r.teamId === teamId && reasons.includes(r.reason) ? r.count : 0), 0);
        expect([n, await told('standings')]).toEqual([
          n,
          standings.map((team) => ({
            ...team,
            requests: counted(team.teamId, 'served', 'failed', 'unscored'),
            unscored: counted(team.teamId, 'unscored'),
          })),
        ]);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  120_000,
);

describe('docs/scoring.md names', () => {
  const section = async (from: string, to: string): Promise<string> => {
    const text = await readFile(join(DOCS, 'scoring.md'), 'utf8');
    expect(text.split(`\n${from}\n`)).toHaveLength(2);
    return text.split(`\n${from}\n`)[1]!.split(`\n${to}\n`)[0]!;
  };
  /** Names in backticks in the first cells of the rows of its tables, or in any cell. */
  const names = (text: string): Set<string> =>
    new Set([...text.matchAll(/`([A-Za-z0-9_]+)`/g)].map(([, name]) => name!));

  it('every field of the exported ledger, and every reason', async () => {
    const text = (await section('## What is exported', '## What is shown but never paid for')).split(
      '`payday export standings`',
    );
    expect([...names(text[0]!)]).toEqual(expect.arrayContaining([...LEDGER_CSV_COLUMNS, ...LEDGER_REASONS]));
    expect([...names(text[1]!)]).toEqual(expect.arrayContaining([...STANDING_SHAPE.columns!]));
  });

  it('every field of the exported results, and every outcome', async () => {
    const text = await section('## What to compute from', '## Windows');
    expect([...names(text)]).toEqual(expect.arrayContaining([...RESULT_SHAPE.columns!, ...OUTCOMES]));
  });

  it('every reason where entries are defined', async () => {
    const text = await section('## Entries', '### Ranks');
    expect([...names(text)]).toEqual(expect.arrayContaining([...LEDGER_REASONS]));
  });
});

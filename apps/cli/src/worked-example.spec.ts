import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { GameEvent, Scenario } from '#contracts';
import { LedgerReplay, type LedgerRow } from '#scoring';
import { EventBuilder, buildBatch, buildScenario, type PlainResult } from '#testing';
import { rowKey } from './compare-ledger.js';
import type { ResultLine } from './export-lines.js';

const read = (name: string): string =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

const GAME_ID = 'worked-example';

/** The rows of the table in docs/scoring.md, without the column of reasons. */
function documentedRows(): string[] {
  return read('scoring.md')
    .split('\n')
    .filter((line) => /^\| (fenrir|golem) /.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, 8)
        .map((cell) => cell.trim())
        .join(' | '),
    );
}

function eventsOf(lines: readonly ResultLine[], scenario: Scenario): GameEvent[] {
  const make = new EventBuilder(GAME_ID);
  const events = [make.created(scenario)];
  const facts = (kind: ResultLine['kind']): ResultLine[] => lines.filter((line) => line.kind === kind);
  for (const { teamId } of facts('team')) events.push(make.team(teamId!));
  const { at, untilAt } = facts('game')[0]!;
  const pausedMs = facts('pause').reduce((sum, pause) => sum + pause.untilAt! - pause.at!, 0);
  let endsAt = untilAt! - pausedMs;
  events.push(make.make('dev.payday.game.scheduled', { startsAt: at!, endsAt }));
  for (const pause of facts('pause')) {
    endsAt += pause.untilAt! - pause.at!;
    events.push(make.make('dev.payday.game.paused', { fromAt: pause.at!, reason: '' }));
    events.push(make.make('dev.payday.game.resumed', { fromAt: pause.untilAt!, endsAt }));
  }
  for (const { teamId, adjustmentId, cents, at: effectiveAt } of facts('adjustment')) {
    const data = { teamId: teamId!, adjustmentId: adjustmentId!, cents: cents!, effectiveAt: effectiveAt! };
    events.push(make.make('dev.payday.adjustment.made', { ...data, reason: '' }));
  }
  for (const { teamId, serviceId, excuseId, at: fromAt, untilAt } of facts('excuse')) {
    const data = { excuseId: excuseId!, teamId: teamId!, serviceId: serviceId!, fromAt: fromAt! };
    events.push(make.make('dev.payday.windows.excused', { ...data, untilAt: untilAt!, reason: '' }));
  }
  events.push(make.make('dev.payday.game.sealed', { sealedAt: endsAt }));
  return events;
}

it('the worked example of docs/scoring.md is what the core computes', () => {
  const scenario = buildScenario(
    JSON.parse(read('examples/worked-example.scenario.json')) as Partial<Scenario>,
  );
  const lines = read('examples/worked-example.ndjson')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ResultLine);
  const rows = new Map<string, LedgerRow>();
  const replay = new LedgerReplay({
    owns: () => true,
    completeUpTo: () => 0,
    onRow: (row) => rows.set(rowKey(row), row),
    onRemoved: (key) => rows.delete(rowKey(key)),
  });
  replay.events(eventsOf(lines, scenario));
  for (const line of lines) {
    if (line.kind !== 'result') continue;
    const result = { ...line, intendedAt: line.at } as unknown as PlainResult;
    replay.batches([
      buildBatch(GAME_ID, [result], { proberId: line.proberId!, epoch: line.epoch!, seq: line.seq! }),
    ]);
  }
  replay.finish();
  const computed = [...rows.values()].map((row) =>
    [row.teamId, row.windowIndex, row.serviceId, row.reason, row.counterpartyId, row.count, row.cents].join(
      ' | ',
    ),
  );
  expect(computed.sort()).toEqual(documentedRows().sort());
  expect(Object.fromEntries(replay.salaries)).toEqual({ fenrir: -191, golem: 253 });
});

it('and what docs/examples/rescore.py computes, row by row and rank by rank', () => {
  const path = (name: string): string =>
    fileURLToPath(new URL(`../../../docs/examples/${name}`, import.meta.url));
  const files = ['rescore.py', 'worked-example.scenario.json', 'worked-example.ndjson'].map(path);
  const told = (what: string): Record<string, unknown>[] | null => {
    try {
      return execFileSync('python3', [...files, what], { encoding: 'utf8' })
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || process.env['CI'] === 'true') throw error;
      process.stderr.write('SKIPPED: there is no python3 to run docs/examples/rescore.py with\n');
      return null;
    }
  };
  const rows = told('ledger');
  if (rows === null) return;
  expect(rows.map((row) => Object.values(row).join(' | ')).sort()).toEqual(documentedRows().sort());
  expect(told('standings')).toEqual([
    { rank: 1, teamId: 'golem', salaryCents: 253, ranked: true, requests: 5, unscored: 0 },
    { rank: 2, teamId: 'fenrir', salaryCents: -191, ranked: true, requests: 13, unscored: 1 },
  ]);
});

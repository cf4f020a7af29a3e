import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import type { GameEvent, PayRules } from '#contracts';
import { PaydayError, formatCents, messageOf } from '#kernel';
import { withLedgerSnapshot, type GameEntity } from '#persistence';
import { parsePay } from '#scenario';
import { standingLines, type StandingLine } from '../export-lines.js';
import { ProgressBar } from '../progress-bar.js';
import { recompute, type RecomputeOptions } from '../recompute.js';
import { openRecording } from '../recording.js';
import { addSourceOptions, withSource, type Source, type SourceOptions } from '../source.js';
import { table } from '#runtime';
import { plain, writeLine, type Terminal } from '../terminal.js';

export interface RescoredLine extends StandingLine {
  /** Under the game's own rules. */
  realRank: number | null;
  realSalaryCents: number;
  changeCents: number;
}

export function addRescore(command: Command, terminal: Terminal): void {
  command
    .requiredOption('--pay <file>', 'YAML: what stands below "pay" in a scenario')
    .option('--json', 'as JSON', false);
  addSourceOptions(command).action(async (options: SourceOptions & { pay: string; json: boolean }) => {
    const pay = parsePay(readText(options.pay), basename(options.pay));
    const bar = new ProgressBar(terminal.stderr, 'rescoring');
    const lines = await withSource(options, (source, game) =>
      rescore(source, game, pay, (done, total) => bar.update(done, total)),
    ).finally(() => bar.end());
    const text = options.json ? JSON.stringify({ pay, standings: lines }, null, 2) : describe(lines);
    await writeLine(terminal.stdout, text);
  });
}

/** @throws PaydayError `invalid_pay` if the game's bounds don't lie on the boundaries of the new windows */
export async function rescore(
  source: Source,
  game: GameEntity,
  pay: PayRules,
  onProgress?: RecomputeOptions['onProgress'],
): Promise<RescoredLine[]> {
  const teams = await source.games.teams(game.id);
  return withLedgerSnapshot(source.dataSource, game.id, async (snapshot) => {
    const recording = await openRecording(source.log, game.id, snapshot);
    for (const { events } of recording.inputs) assertFits(pay.windowMs, events);
    const { salaries } = await recompute(source.log, recording, snapshot.scores, { pay, onProgress });
    const real = standingLines(
      teams,
      new Map(snapshot.scores.map((score) => [score.teamId, score.salaryCents])),
    );
    const before = new Map(real.map((line) => [line.teamId, line]));
    return standingLines(teams, salaries).map((line) => {
      const { rank, salaryCents } = before.get(line.teamId)!;
      return {
        ...line,
        realRank: rank,
        realSalaryCents: salaryCents,
        changeCents: line.salaryCents - salaryCents,
      };
    });
  });
}

/** A window counts as a whole or not at all: it cannot begin before a pause (or an excuse) and end within it. */
function assertFits(windowMs: number, events: readonly GameEvent[]): void {
  let startsAt = 0;
  const bounds: number[] = [];
  for (const { type, data } of events) {
    if (type === 'dev.payday.game.scheduled') ({ startsAt } = data);
    // The freeze of the board does not limit what scores.
    if (type === 'dev.payday.game.frozen') continue;
    if ('endsAt' in data) bounds.push(data.endsAt);
    if ('fromAt' in data) bounds.push(data.fromAt);
    if ('untilAt' in data && data.untilAt !== null) bounds.push(data.untilAt);
  }
  const off = bounds.find((at) => (at - startsAt) % windowMs !== 0);
  if (off !== undefined)
    throw new PaydayError(
      'invalid_pay',
      `window: with windows of ${windowMs} ms the game would end, pause, go on, or begin or cease to excuse within a window (${off - startsAt} ms after its start); choose a length that divides this, such as the game's own`,
    );
}

function describe(lines: readonly RescoredLine[]): string {
  const rank = (value: number | null): string => (value === null ? '-' : String(value));
  const rows = lines.map((line) => [
    rank(line.rank),
    rank(line.realRank),
    plain(line.name),
    formatCents(line.salaryCents),
    formatCents(line.realSalaryCents),
    `${line.changeCents > 0 ? '+' : ''}${formatCents(line.changeCents)}`,
  ]);
  return table([['rank', 'was', 'team', 'salary', 'was', 'change'], ...rows], [0, 1, 3, 4, 5]);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new PaydayError('unreadable_file', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

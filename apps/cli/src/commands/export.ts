import { Option, type Command } from 'commander';
import type { LedgerEntry, UnscoredReport } from '#contracts';
import { withLedgerSnapshot, type LedgerSnapshot, type GameEntity } from '#persistence';
import { unscoredLevel, unscoredLines } from '#runtime';
import { AcceptedBatches } from '#scoring';
import {
  LEDGER_SHAPE,
  RESULT_SHAPE,
  STANDING_SHAPE,
  factLines,
  ledgerEntry,
  resultLines,
  standingLines,
} from '../export-lines.js';
import { withOutput, writeItems, type Format } from '../output.js';
import { ProgressBar } from '../progress-bar.js';
import { readBatch, readResults } from '../recompute.js';
import { openRecording } from '../recording.js';
import { addSourceOptions, withSource, type Source, type SourceOptions } from '../source.js';
import { plain, writeLine, type Terminal } from '../terminal.js';

interface ExportOptions extends SourceOptions {
  format: Format;
  out?: string;
}

interface Job {
  source: Source;
  game: GameEntity;
  snapshot: LedgerSnapshot;
  format: Format;
  to: NodeJS.WritableStream;
  terminal: Terminal;
}

const EXPORTS: Record<string, { description: string; write(job: Job): Promise<void> }> = {
  results: {
    description: 'every accepted probe result, each once, after a few lines about the game',
    write: writeResults,
  },
  ledger: { description: 'every entry of the ledger', write: writeLedger },
  standings: { description: 'ranks, salaries, and how many requests were not scored', write: writeStandings },
};

export function addExport(command: Command, terminal: Terminal): void {
  const add = (name: string, description: string, write: (job: Job) => Promise<void>): Command => {
    const made = command.command(name).description(description);
    return addSourceOptions(made)
      .option('--out <file>', 'write to a file instead of standard output')
      .action(async ({ format, out, ...options }: ExportOptions) => {
        await withSource(options, (source, game) =>
          withOutput(out, terminal.stdout, (to) =>
            withLedgerSnapshot(source.dataSource, game.id, (snapshot) =>
              write({ source, game, snapshot, format, to, terminal }),
            ),
          ),
        );
      });
  };
  for (const [name, { description, write }] of Object.entries(EXPORTS)) {
    add(name, description, write).addOption(
      new Option('--format <format>', 'one line per item: ndjson, or csv with a header line')
        .choices(['ndjson', 'csv'])
        .default('ndjson'),
    );
  }
  add('scenario', 'the scenario as it was played, as JSON with every default filled in', ({ game, to }) =>
    writeLine(to, JSON.stringify(game.scenario, null, 2)),
  );
}

async function writeResults({ source, game, snapshot, format, to, terminal }: Job): Promise<void> {
  const recording = await openRecording(source.log, game.id, snapshot);
  const events = recording.inputs[0]?.events ?? [];
  const facts = factLines(events);
  await writeItems(facts, RESULT_SHAPE, format, to);
  const teamIds = facts.flatMap(({ kind, teamId }) => (kind === 'team' && teamId ? [teamId] : []));
  const accepted = new AcceptedBatches(
    game.id,
    teamIds,
    game.scenario.services.map(({ id }) => id),
  );
  const bar = new ProgressBar(terminal.stderr, 'exporting');
  const prefix = `${game.id}/`;
  // The header line is written already.
  const { values } = RESULT_SHAPE;
  await readResults(
    source.log,
    recording,
    (done, total) => bar.update(done, total),
    async (records) => {
      for (const { key, value } of records) {
        const batch = key.startsWith(prefix) ? readBatch(value) : null;
        if (!batch || !accepted.accept(batch)) continue;
        await writeItems(resultLines(batch), { columns: null, values }, format, to);
      }
    },
  );
  bar.end();
}

async function writeLedger({ game, snapshot, format, to, terminal }: Job): Promise<void> {
  const teamIds = snapshot.rowCounts.map(({ teamId }) => teamId);
  async function* entries(): AsyncGenerator<LedgerEntry> {
    for await (const row of snapshot.ledger(teamIds)) yield ledgerEntry(row, game.scenario.pay.windowMs);
  }
  await writeItems(entries(), LEDGER_SHAPE, format, to);
  await warnOfUnscored(await snapshot.unscored(), terminal);
}

/** On standard error, so that the output can be piped. */
async function warnOfUnscored(report: UnscoredReport, { stderr }: Terminal): Promise<void> {
  if (unscoredLevel(report) === 'fine') return;
  for (const line of unscoredLines(report)) await writeLine(stderr, plain(line));
}

async function writeStandings({ source, game, snapshot, format, to, terminal }: Job): Promise<void> {
  const salaries = new Map(snapshot.scores.map(({ teamId, salaryCents }) => [teamId, salaryCents]));
  const report = await snapshot.unscored();
  const counts = new Map(report.teams.map((team) => [team.teamId, team]));
  const lines = standingLines(await source.games.teams(game.id), salaries).map((line) => {
    const { requests, unscored } = counts.get(line.teamId) ?? { requests: 0, unscored: 0 };
    return { ...line, requests, unscored };
  });
  await writeItems(lines, STANDING_SHAPE, format, to);
  await warnOfUnscored(report, terminal);
}

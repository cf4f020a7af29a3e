import type { Command } from 'commander';
import { PaydayError, formatCents } from '#kernel';
import { audit, type AuditReport } from '../audit.js';
import { auditLog } from '../audit-log.js';
import type { Difference } from '../compare-ledger.js';
import { EXIT } from '../exit-codes.js';
import { unscoredLines } from '#runtime';
import { ProgressBar } from '../progress-bar.js';
import { addSourceOptions, withSource, type SourceOptions } from '../source.js';
import { plain, writeLine, type Terminal } from '../terminal.js';

const MAX_SHOWN = 20;
const MAX_VALUE_LENGTH = 160;

type Options = Omit<SourceOptions, 'log'> & { json: boolean; log?: string | true; show: boolean };

export function addAudit(command: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  command
    .option('--json', 'the whole report as JSON; with --show: one entry per line', false)
    .option('--show', 'with --log: reads the audit log instead of verifying it', false);
  addSourceOptions(command, {
    flags: '--log [url]',
    description:
      'alone: the audit log instead of the ledger (docs/audit-log.md); ' +
      'with a URL: event log of an installation without data folder, goes with --database',
  }).action(async ({ log, show, ...options }: Options) => {
    if (log === true) return finish(await auditLog(options, show, terminal));
    if (show) throw new PaydayError('invalid_option', '--show goes with --log: payday audit --log --show');
    const bar = new ProgressBar(terminal.stderr, 'recomputing');
    const report = await withSource({ ...options, ...(log === undefined ? {} : { log }) }, (source, game) =>
      audit(source, game.id, { onProgress: (done, total) => bar.update(done, total) }),
    ).finally(() => bar.end());
    await writeLine(terminal.stdout, options.json ? JSON.stringify(report, null, 2) : describe(report));
    finish(report.equal ? EXIT.fine : EXIT.failed);
  });
}

function describe(report: AuditReport): string {
  const { gameId, equal, sealed, differences } = report;
  const number = (value: number): string => value.toLocaleString('en-US');
  const lines = [
    equal
      ? `equal: the ledger of ${gameId} follows from the log, to the cent`
      : `DIFFERENT: the ledger of ${gameId} does not follow from the log (${number(differences.length)} differences)`,
    `  ${number(report.teams)} teams, ${number(report.rows)} ledger rows, ${number(report.results)} results in ${number(report.records)} records, ${number(report.duplicateBatches)} duplicates, ${number(report.refusedBatches)} refused, ${report.seconds.toFixed(1)} s`,
  ];
  if (!sealed) lines.push('  the game is not sealed: compared as of the last commit of the scorer');
  lines.push(...unscoredLines(report.unscored).map((line) => `  ${plain(line)}`));
  if (!report.comparesUnscored)
    lines.push(
      '  the ledger is of a version that did not write down what was not scored: that was not compared',
    );
  lines.push(...differences.slice(0, MAX_SHOWN).flatMap(describeDifference));
  if (differences.length > MAX_SHOWN)
    lines.push(`… and ${number(differences.length - MAX_SHOWN)} more; --json lists all`);
  return lines.join('\n');
}

function describeDifference(difference: Difference): string[] {
  if (difference.what === 'salary_changed') {
    const amount = (cents: number | null): string => (cents === null ? 'none' : formatCents(cents));
    const { teamId, stored, recomputed } = difference;
    return [`salary of ${plain(teamId)}: stored ${amount(stored)}, recomputed ${amount(recomputed)}`];
  }
  const { teamId, windowIndex, serviceId, reason, counterpartyId } = difference.key;
  const row = plain(
    `team ${teamId}, window ${windowIndex}, service ${serviceId || '-'}, reason ${reason}, counterpartyId ${counterpartyId}`,
  );
  if (difference.what === 'row_changed')
    return [
      `row changed: ${row}`,
      ...difference.fields.map(
        ({ field, stored, recomputed }) =>
          `    ${field}: stored ${show(stored)}, recomputed ${show(recomputed)}`,
      ),
    ];
  const what =
    difference.what === 'row_missing' ? 'row missing in the ledger' : 'row without a basis in the log';
  return [`${what}: ${row}, count ${difference.count}, cents ${difference.cents}`];
}

function show(value: unknown): string {
  const text = plain(JSON.stringify(value) ?? 'nothing');
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text;
}

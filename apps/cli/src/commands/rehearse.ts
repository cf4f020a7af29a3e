import { Option, type Command } from 'commander';
import { formatCents } from '#kernel';
import { formatDuration } from '#scenario';
import { systemClock, table } from '#runtime';
import { EXIT } from '../exit-codes.js';
import { takesNumber } from '../options.js';
import type { Rehearsal } from '../rehearse/rehearse.js';
import { RehearsalProgress } from '../rehearse/progress.js';
import { plain, writeLine, type Terminal } from '../terminal.js';

interface RehearseCommand {
  scenario: string;
  speed?: number;
  teams: number;
  keep?: string;
  json: boolean;
}

export function addRehearse(command: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  command
    .requiredOption('--scenario <file>', 'the scenario file')
    .addOption(
      new Option(
        '--speed <n>',
        'how many times faster, 0.1 to 100; default: so that it takes four minutes',
      ).argParser(takesNumber('--speed', 0.1, 100)),
    )
    .option('--teams <n>', 'number of bot teams, 1 to 200', takesNumber('--teams', 1, 200, true), 8)
    .option('--keep <dir>', 'record there, and keep it for payday audit, export and replay')
    .option('--json', 'the whole report as JSON', false)
    .action(async ({ scenario, speed, teams, keep, json }: RehearseCommand) => {
      const interrupted = new AbortController();
      const interrupt = (): void => interrupted.abort();
      process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
      const progress = new RehearsalProgress(terminal.stderr);
      try {
        const { rehearse } = await import('../rehearse/rehearse.js');
        const rehearsal = await rehearse({
          scenarioFile: scenario,
          speed,
          teams,
          keep,
          signal: interrupted.signal,
          onGame: (game, acting) => progress.game(game, acting, systemClock.nowMs()),
          onStep: (line) => progress.step(line),
        }).finally(() => progress.end());
        await writeLine(
          terminal.stdout,
          json ? JSON.stringify(rehearsal, null, 2) : describe(rehearsal, keep),
        );
        finish(rehearsal.ok ? EXIT.fine : EXIT.failed);
      } finally {
        process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      }
    });
}

function describe(rehearsal: Rehearsal, keep: string | undefined): string {
  const { ok, scenarioId, speed, teams, seconds, checks, faults, chaos, warnings } = rehearsal;
  const head = `${ok ? 'rehearsed' : 'NOT AS IT SHOULD BE'}: ${scenarioId} at speed ${speed} with ${teams} teams, in ${formatDuration(Math.round(seconds) * 1000)}`;
  const results = table(
    checks.map((check) => [check.ok ? 'ok' : 'FAILED', check.name, check.found]),
    [],
  );
  const problems = checks.flatMap((check) =>
    check.problems.map((problem) => `${check.name}: ${plain(problem)}`),
  );
  const faultRows = faults.map((fault) =>
    [fault.entryId, `${fault.kind} on ${fault.serviceId}`].concat(
      [fault.expected, fault.fired, fault.confirmed, fault.gone, fault.repaired].map(String),
    ),
  );
  const seconds3 = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const teamRows = chaos.teams.map((team) => [
    team.teamId,
    String(team.count),
    formatCents(team.dealtCents),
    seconds3(team.dealtMs),
    seconds3(team.actedMs),
    Object.entries(team.byKind)
      .map(([kind, { count }]) => `${kind} ${count}`)
      .join(', '),
    team.spikes.count === 0 ? '' : `${team.spikes.count} for ${formatCents(team.spikes.gainCents)}`,
  ]);
  const parts = [head, results];
  if (problems.length > 0) parts.push(problems.join('\n'));
  if (warnings.length > 0) parts.push(warnings.map(plain).join('\n'));
  if (faultRows.length > 0) {
    const names = ['fault', 'what', 'teams', 'fired', 'confirmed', 'gone', 'repaired'];
    parts.push(table([names, ...faultRows], [2, 3, 4, 5, 6]));
    parts.push(
      table([['team', 'faults', 'dealt', 'lasting', 'acted', 'kinds', 'spikes'], ...teamRows], [1, 2, 3, 4]),
    );
  }
  if (keep !== undefined) parts.push(`kept: payday audit --data ${plain(keep)}/data`);
  return parts.join('\n\n');
}

import { Option, type Command } from 'commander';
import { PaydayError } from '#kernel';
import { FileError, compressScenario, type FileProblem } from '#scenario';
import { EXIT } from '../exit-codes.js';
import { takesNumber } from '../options.js';
import { readScenario } from '../read-scenario.js';
import { outlineOf, outlineText } from '../scenario-outline.js';
import { writeLine, type Terminal } from '../terminal.js';

/** What `scenario check --json` prints for one file. */
interface CheckedFile {
  file: string;
  ok: boolean;
  /** Every mistake in it, in file order; one without a line means that the file could not be read. */
  problems: (FileProblem | { message: string })[];
  /** Allowed but rarely intended. */
  advice: string[];
}

export function addScenario(scenario: Command, terminal: Terminal, finish: (exitCode: number) => void): void {
  scenario
    .command('check')
    .description('Names every mistake in scenario files: exit code 0 if there is none, else 2.')
    .argument('<files...>')
    .option('--json', 'as JSON', false)
    .action(async (files: string[], { json }: { json: boolean }) => {
      const checked = files.map(check);
      if (json) await writeLine(terminal.stdout, JSON.stringify(checked, null, 2));
      else for (const each of checked) await printResult(each, terminal);
      finish(checked.every(({ ok }) => ok) ? EXIT.fine : EXIT.usage);
    });
  scenario
    .command('show')
    .description('Prints what a scenario holds: the day in order of time, requests, and what teams can earn.')
    .argument('<file>')
    .addOption(
      new Option('--speed <n>', 'as played this many times faster')
        .argParser(takesNumber('--speed', 0.1, 100))
        .default(1),
    )
    .option('--json', 'everything, with every default filled in, as JSON', false)
    .action(async (file: string, { json, speed }: { json: boolean; speed: number }) => {
      const outline = outlineOf(compressScenario(readScenario(file), speed));
      await writeLine(terminal.stdout, json ? JSON.stringify(outline, null, 2) : outlineText(outline));
    });
}

function check(file: string): CheckedFile {
  try {
    return { file, ok: true, problems: [], advice: outlineOf(readScenario(file)).advice };
  } catch (error) {
    if (error instanceof FileError) return { file, ok: false, problems: [...error.problems], advice: [] };
    if (!(error instanceof PaydayError)) throw error;
    return { file, ok: false, problems: [{ message: error.message }], advice: [] };
  }
}

async function printResult({ file, ok, problems, advice }: CheckedFile, terminal: Terminal): Promise<void> {
  if (ok) await writeLine(terminal.stdout, `${file}: fine`);
  for (const problem of problems) {
    const where = 'line' in problem ? `${file}:${problem.line}:${problem.column} ` : '';
    const path = 'path' in problem && problem.path !== '' ? `${problem.path}: ` : '';
    const allowed = 'allowed' in problem ? `; allowed: ${problem.allowed!.join(', ')}` : '';
    await writeLine(terminal.stderr, `${where}${path}${problem.message}${allowed}`);
  }
  for (const each of advice) await writeLine(terminal.stderr, `${file}: worth a look: ${each}`);
}

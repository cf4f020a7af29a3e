import { Command, CommanderError } from 'commander';
import { PaydayError } from '#kernel';
import { addAudit } from './commands/audit.js';
import { addChaos } from './commands/chaos.js';
import { addExport } from './commands/export.js';
import { addMigrate } from './commands/migrate.js';
import { addRehearse } from './commands/rehearse.js';
import { addReplay } from './commands/replay.js';
import { addRescore } from './commands/rescore.js';
import { addRun } from './commands/run.js';
import { addToken } from './commands/token.js';
import { addScenario } from './commands/scenario.js';
import { addTopics } from './commands/topics.js';
import { addUp } from './commands/up.js';
import { EXIT, isUsageError } from './exit-codes.js';
import type { Terminal } from './terminal.js';
import { systemTerminal } from './terminal.js';

const HELP = `
Exit codes: 0 fine, 1 a difference was found or something failed, 2 wrong usage.
A game is read from the data folder of npm start, while it runs as well as afterwards; nothing but tokens is changed in it.
payday chaos speaks with a server that runs, with a facilitator's token.
docs/scoring.md describes how pay is computed, and every field that is exported.`;

/**
 * Runs one command. @param argv without node and script
 * @returns the exit code
 */
export async function run(argv: readonly string[], terminal: Terminal = systemTerminal): Promise<number> {
  let exitCode: number = EXIT.fine;
  const program = new Command('payday')
    .description(
      'Checks scenarios; checks, exports, rescores and replays the games that Payday has recorded; breaks things and ends it; runs its services one by one.',
    )
    .addHelpText('after', HELP)
    // What follows a service's name is that service's own business.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    })
    .showHelpAfterError('(payday --help, or payday help <command>, tells more)');
  const finish = (code: number): void => {
    exitCode = code;
  };
  const commands = [
    addAudit,
    addExport,
    addRescore,
    addReplay,
    addScenario,
    addRehearse,
    addChaos,
    addRun,
    addUp,
    addTopics,
    addMigrate,
    addToken,
  ];
  for (const add of commands) add(program, terminal, finish);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    if (!(error instanceof PaydayError)) throw error;
    const { code, message } = error;
    terminal.stderr.write(
      argv.includes('--json') ? `${JSON.stringify({ error: { code, message } })}\n` : `payday: ${message}\n`,
    );
    return isUsageError(code) ? EXIT.usage : EXIT.failed;
  }
}

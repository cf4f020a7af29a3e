import { Command, CommanderError } from 'commander';
import { PaydayError, exitCodeOf } from '#kernel';
import { COMMANDS, commandOf } from './commands/index.js';
import { EXIT } from './exit-codes.js';
import type { Terminal } from './terminal.js';
import { systemTerminal } from './terminal.js';

const HELP = `
Exit codes: 0 fine, 1 a difference was found or something failed, 2 wrong usage.
Games are read from the data folder of npm start, also while one runs; only tokens are changed in it.
payday chaos talks to a running server, with a facilitator's token.
docs/scoring.md describes how pay is computed, and every field that is exported.`;

/**
 * Runs one command. @param argv without node and script
 * @returns the exit code
 */
export async function run(argv: readonly string[], terminal: Terminal = systemTerminal): Promise<number> {
  let exitCode: number = EXIT.fine;
  const program = new Command('payday')
    .description(
      'Checks scenarios; audits, exports, rescores and replays recorded games; injects and stops faults; runs the services one by one.',
    )
    .addHelpText('after', HELP)
    // Arguments after a service's name are parsed by that service.
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
  const used = commandOf(argv);
  for (const entry of COMMANDS) {
    const command = program.command(entry.name).description(entry.summary);
    if (entry === used) (await entry.load())(command, terminal, finish);
  }
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
    return exitCodeOf(code);
  }
}

import { CommanderError } from 'commander';
import { createLogger } from '#runtime';
import { Launcher } from './launcher.js';
import { parseOptions, type Options } from './options.js';
import { play } from './play.js';
import { Progress } from './progress.js';

const STOP_WITHIN_MS = 4500;

/** Plays one game from the command line. @returns the exit code */
export async function run(argv: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(argv, process.cwd());
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) process.stderr.write(`payday: ${error.message}\n`);
    return error.exitCode;
  }
  const logger = createLogger({ service: 'payday', level: options.logLevel });
  const progress = new Progress(process.stdout);
  const launcher = new Launcher(options, logger, progress);
  return play(launcher, { logger, progress, exitAtEnd: options.exitAtEnd, stopWithinMs: STOP_WITHIN_MS });
}

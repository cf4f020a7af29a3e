import { CommanderError } from 'commander';
import { OneProcessStage } from './one-process-stage.js';
import { parseOptions } from './options.js';
import type { LaunchOptions } from './launch-options.js';
import { play } from './play.js';

const STOP_WITHIN_MS = 4500;

/** Plays one game from the command line. @returns the exit code */
export async function run(argv: readonly string[]): Promise<number> {
  let options: LaunchOptions;
  try {
    options = parseOptions(argv, process.cwd());
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) process.stderr.write(`payday: ${error.message}\n`);
    return error.exitCode;
  }
  return play(options, new OneProcessStage(), STOP_WITHIN_MS);
}

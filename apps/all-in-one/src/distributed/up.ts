import { createLogger } from '#runtime';
import { play } from '../play.js';
import { Progress } from '../progress.js';
import { UpLauncher } from './up-launcher.js';
import type { UpConfig } from './up-options.js';

const STOP_WITHIN_MS = 15_000;

/** Plays one game on processes of their own. @returns the exit code */
export async function runUp(config: UpConfig): Promise<number> {
  const { exitAtEnd, logLevel } = config.up;
  const logger = createLogger({ service: 'payday', level: logLevel });
  const progress = new Progress(process.stdout);
  const launcher = new UpLauncher(config, logger, progress);
  return play(launcher, { logger, progress, exitAtEnd, stopWithinMs: STOP_WITHIN_MS });
}

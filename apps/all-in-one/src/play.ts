import { ControlError } from '#client';
import { PaydayError, exitCodeOf, messageOf } from '#kernel';
import { createLogger, unscoredLines } from '#runtime';
import { GameDirector } from './director.js';
import type { LaunchOptions } from './launch-options.js';
import { Progress, standingsTable } from './progress.js';
import type { Stage } from './stage.js';

/**
 * Plays one game and shows it in the terminal.
 * @param stopWithinMs after Ctrl-C everything is gone within this time, if need be by force
 * @returns the exit code
 */
export async function play(options: LaunchOptions, stage: Stage, stopWithinMs: number): Promise<number> {
  const logger = createLogger({ service: 'payday', level: options.logLevel });
  const progress = new Progress(process.stdout);
  const game = new GameDirector(options, stage, logger, progress);
  const interrupted = new AbortController();
  const stopOnce = (): void => {
    if (interrupted.signal.aborted) return;
    interrupted.abort();
    progress.line('stopping …');
    setTimeout(() => process.exit(1), stopWithinMs).unref();
  };
  process.on('SIGINT', stopOnce);
  process.on('SIGTERM', stopOnce);
  const broken = (err: unknown): void => {
    logger.fatal({ err }, 'unhandled error');
    process.stderr.write(`payday: internal error: ${messageOf(err)}\n`);
    setTimeout(() => process.exit(1), stopWithinMs).unref();
    void game.stop().finally(() => process.exit(1));
  };
  process.on('uncaughtException', broken);
  process.on('unhandledRejection', broken);

  try {
    const whenInterrupted = new Promise<'interrupted'>((resolve) =>
      interrupted.signal.addEventListener('abort', () => resolve('interrupted')),
    );
    const booted = game.start().then(() => 'booted' as const);
    // An interrupted boot is taken down as far as it got; how it fails then does not matter.
    booted.catch(() => undefined);
    if ((await Promise.race([booted, whenInterrupted])) === 'interrupted') return 0;
    printUrls(game, progress);
    const final = await game.finish(interrupted.signal);
    if (final) {
      // Before the standings, which come last: a reader should know this first.
      progress.headline('What the referee could not judge');
      for (const line of unscoredLines(final.unscored)) progress.line(line);
      progress.headline('Final standings');
      progress.line(standingsTable(final.rows));
      if (!options.exitAtEnd) {
        progress.line(`\nThe game is over; ${game.url}/ stays up until Ctrl-C.`);
        await whenInterrupted;
      }
    }
    return 0;
  } catch (error) {
    if (!(error instanceof PaydayError || error instanceof ControlError)) throw error;
    process.stderr.write(`payday: ${error.message}\n`);
    return exitCodeOf(error.code);
  } finally {
    await game.stop();
  }
}

function printUrls(game: GameDirector, progress: Progress): void {
  progress.headline(`Leaderboard   ${game.url}/`);
  progress.line(`Standings     ${game.url}/api/v1/standings`);
  progress.line(`API           ${game.url}/api/docs`);
  for (const line of game.describe()) progress.line(line);
}

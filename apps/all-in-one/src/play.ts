import { PaydayError, exitCodeOf, messageOf } from '#kernel';
import { unscoredLines, type Logger } from '#runtime';
import type { FinalStandings } from './game-end.js';
import { standingsTable, type Progress } from './progress.js';

/** A game that can be put up, played to its end, and taken down. */
export interface Playable {
  readonly url: string;
  start(): Promise<void>;
  /** Final standings when the game is over; null if interrupted. */
  finish(signal: AbortSignal): Promise<FinalStandings | null>;
  /** What a user should know beside the addresses, a line each. */
  describe(): string[];
  /** Repeatable. */
  stop(): Promise<void>;
}

export interface PlayOptions {
  logger: Logger;
  progress: Progress;
  /** Return when the final standings are out, instead of staying up to show them. */
  exitAtEnd: boolean;
  /** After Ctrl-C everything is gone within this time, if need be by force. */
  stopWithinMs: number;
}

/** Plays one game in front of a person. @returns the exit code */
export async function play(game: Playable, options: PlayOptions): Promise<number> {
  const { logger, progress, stopWithinMs } = options;
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
    logger.fatal({ err }, 'an error that nobody handled');
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
    // An interruption during the boot takes the half-built thing down; what the boot says then is of no interest.
    booted.catch(() => undefined);
    if ((await Promise.race([booted, whenInterrupted])) === 'interrupted') return 0;
    printUrls(game, progress);
    const final = await game.finish(interrupted.signal);
    if (final) {
      // Before the standings, which are the last word; whoever reads them should have read this.
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
    if (!(error instanceof PaydayError)) throw error;
    process.stderr.write(`payday: ${error.message}\n`);
    return exitCodeOf(error.code);
  } finally {
    await game.stop();
  }
}

function printUrls(game: Playable, progress: Progress): void {
  progress.headline(`Leaderboard   ${game.url}/`);
  progress.line(`Standings     ${game.url}/api/v1/standings`);
  progress.line(`API           ${game.url}/api/docs`);
  for (const line of game.describe()) progress.line(line);
}

import { CommanderError } from 'commander';
import { PaydayError, messageOf } from '#kernel';
import { createLogger } from '#runtime';
import { finishGame } from './game-end.js';
import { Launcher } from './launcher.js';
import { parseOptions, type Options } from './options.js';
import { Progress, standingsTable } from './progress.js';

/** Mistakes in what the user gave: exit code 2. Everything else that stops us: 1. */
const USER_MISTAKES = new Set(['invalid_scenario', 'invalid_teams_file', 'invalid_speed', 'unreadable_file']);
/** After Ctrl-C everything is gone within this time, if need be by force. */
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
  const interrupted = new AbortController();
  const stopOnce = (): void => {
    if (interrupted.signal.aborted) return;
    interrupted.abort();
    progress.line('stopping …');
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  };
  process.on('SIGINT', stopOnce);
  process.on('SIGTERM', stopOnce);
  const broken = (err: unknown): void => {
    logger.fatal({ err }, 'an error that nobody handled');
    process.stderr.write(`payday: internal error: ${messageOf(err)}\n`);
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    void launcher.stop().finally(() => process.exit(1));
  };
  process.on('uncaughtException', broken);
  process.on('unhandledRejection', broken);

  try {
    const whenInterrupted = new Promise<'interrupted'>((resolve) =>
      interrupted.signal.addEventListener('abort', () => resolve('interrupted')),
    );
    const booted = launcher.start().then(() => 'booted' as const);
    // An interruption during the boot takes the half-built thing down; what the boot says then is of no interest.
    booted.catch(() => undefined);
    if ((await Promise.race([booted, whenInterrupted])) === 'interrupted') return 0;
    printUrls(launcher, progress);
    const rows = await finishGame(launcher.parts(), interrupted.signal);
    if (rows) {
      progress.headline('Final standings');
      progress.line(standingsTable(rows));
      if (!options.exitAtEnd) {
        progress.line(`\nThe game is over; ${launcher.url}/ stays up until Ctrl-C.`);
        await whenInterrupted;
      }
    }
    return 0;
  } catch (error) {
    if (!(error instanceof PaydayError)) throw error;
    process.stderr.write(`payday: ${error.message}\n`);
    return USER_MISTAKES.has(error.code) ? 2 : 1;
  } finally {
    await launcher.stop();
  }
}

function printUrls(launcher: Launcher, progress: Progress): void {
  progress.headline(`Leaderboard   ${launcher.url}/`);
  progress.line(`Standings     ${launcher.url}/api/v1/standings`);
  progress.line(`API           ${launcher.url}/api/docs`);
  progress.line(`Facilitator   the token is in ${launcher.tokenFile}; only you can read it`);
  progress.line('Ctrl-C stops the game; npm start -- --resume goes on with it.');
}

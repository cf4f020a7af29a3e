import type { Command } from 'commander';
import { takesAddress, takesNumber } from '../options.js';
import type { ReplayOptions } from '../replay/replay.js';
import { addSourceOptions, findGame, openSource, type SourceOptions } from '../source.js';
import type { Terminal } from '../terminal.js';

interface ReplayCommand extends SourceOptions, ReplayOptions {}

export function addReplay(command: Command, terminal: Terminal): void {
  command
    .option('--speed <n>', 'how many times faster, 0.1 to 100', takesNumber('--speed', 0.1, 100), 1)
    .option('--port <n>', 'port of the page, 1 to 65535', takesNumber('--port', 1, 65535, true), 3000)
    .option('--host <address>', 'address to listen on', takesAddress('--host'), '127.0.0.1')
    .option('--exit-at-end', 'exit when the game is over, instead of staying up to show the result', false);
  addSourceOptions(command).action(async (options: ReplayCommand) => {
    const interrupted = new AbortController();
    const interrupt = (): void => interrupted.abort();
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
    const source = await openSource(options);
    try {
      const game = await findGame(source, options.game);
      // From here on only the log is needed: npm start may use the database.
      await source.releaseDatabase();
      // Loaded for this command only, so that the others start fast.
      const { replay } = await import('../replay/replay.js');
      await replay(source.log, game, options, terminal, interrupted.signal);
    } finally {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      await source.close();
    }
  });
}

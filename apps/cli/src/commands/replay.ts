import { InvalidArgumentError, type Command } from 'commander';
import { TOPICS, decodeCloudEvent, type GameEvent } from '#contracts';
import { openEventLog, type EventLog } from '#event-log';
import { PaydayError } from '#kernel';
import type { GameEntity } from '#persistence';
import { systemClock } from '#runtime';
import { readUpTo } from '../read-up-to.js';
import { feed } from '../replay/feed.js';
import { Retimer } from '../replay/retimer.js';
import { ScoreHistory } from '../replay/score-history.js';
import { serveReplay } from '../replay/serve.js';
import { addSourceOptions, findGame, openSource, type SourceOptions } from '../source.js';
import { plain, writeLine, type Terminal } from '../terminal.js';

interface ReplayCommand extends SourceOptions {
  speed: number;
  port: number;
  host: string;
  exitAtEnd: boolean;
}

/** Time to turn to the page before the game begins. */
const LEAD_MS = 3000;

export function addReplay(program: Command, terminal: Terminal): void {
  const command = program
    .command('replay')
    .description('Plays a finished game on the leaderboard again.')
    .option('--speed <n>', 'how many times faster, 0.1 to 100', number('--speed', 0.1, 100), 1)
    .option('--port <n>', 'port of the page, 1 to 65535', number('--port', 1, 65535, true), 3000)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--exit-at-end', 'exit when the game is over, instead of staying up to show the result', false);
  addSourceOptions(command).action(async (options: ReplayCommand) => {
    const interrupted = new AbortController();
    const interrupt = (): void => interrupted.abort();
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
    const source = await openSource(options);
    try {
      const game = await findGame(source, options.game);
      // From here on only the log is needed: npm start may have the database.
      await source.releaseDatabase();
      await replay(source.log, game, options, terminal, interrupted.signal);
    } finally {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      await source.close();
    }
  });
}

async function replay(
  recorded: EventLog,
  game: GameEntity,
  options: ReplayCommand,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { windowMs } = game.scenario.pay;
  const events = await eventsOf(recorded, game.id);
  let startsAt: number | undefined;
  for (const { type, data } of events) if (type === 'dev.payday.game.scheduled') ({ startsAt } = data);
  if (startsAt === undefined)
    throw new PaydayError('not_started', `the game ${game.id} never began: there is nothing to replay`);
  const clock = systemClock;
  const retimer = new Retimer({ windowMs, startsAt }, options.speed, clock.nowMs() + LEAD_MS);
  const log = await openEventLog('memory:', { clock });
  const history = new ScoreHistory(game.id, retimer.windowMs);
  try {
    await log.createTopics(Object.values(TOPICS).map((topic) => ({ topic, partitions: 1 })));
    const server = await serveReplay({ log, history, clock, host: options.host, port: options.port });
    try {
      const speed = Number(retimer.speed.toFixed(2));
      const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${options.port}/`;
      await writeLine(
        terminal.stdout,
        `${url}  ${plain(game.name)}, ${speed} times as fast; Ctrl-C stops it`,
      );
      if (!events.some((event) => event.type === 'dev.payday.game.sealed'))
        await writeLine(terminal.stderr, 'this game has no end: it is replayed as far as it was recorded');
      await feed({ from: recorded, to: log, gameId: game.id, events, retimer, history, clock, signal });
      await writeLine(terminal.stdout, 'the replay is over');
      if (!options.exitAtEnd) await aborted(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await server.close();
    }
  } finally {
    await log.close();
  }
}

async function eventsOf(log: EventLog, gameId: string): Promise<GameEvent[]> {
  const events: GameEvent[] = [];
  await readUpTo(log, TOPICS.gameEvents, await log.endPositions(TOPICS.gameEvents), (records) => {
    for (const record of records)
      if (record.key === gameId) events.push(decodeCloudEvent(record) as GameEvent);
  });
  return events;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  // A signal alone keeps no process alive; the server that listens does.
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function number(flag: string, low: number, high: number, whole = false): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const wellFormed = whole ? /^\d+$/.test(text) : /^\d+(\.\d+)?$/.test(text);
    if (wellFormed && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`${flag} takes a ${whole ? 'whole ' : ''}number from ${low} to ${high}.`);
  };
}

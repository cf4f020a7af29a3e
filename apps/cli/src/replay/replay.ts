import { TOPICS, decodeCloudEvent, type GameEvent } from '#contracts';
import { openEventLog, type EventLog } from '#event-log';
import { foldGame } from '#game';
import { PaydayError } from '#kernel';
import type { GameEntity } from '#persistence';
import { systemClock } from '#runtime';
import { readUpTo } from '../read-up-to.js';
import { plain, writeLine, type Terminal } from '../terminal.js';
import { feed } from './feed.js';
import { Retimer } from './retimer.js';
import { ScoreHistory } from './score-history.js';
import { serveReplay } from './serve.js';

export interface ReplayOptions {
  /** How many times faster. */
  speed: number;
  host: string;
  port: number;
  /** Return when the game is over, instead of staying up until `signal` aborts. */
  exitAtEnd: boolean;
}

/** Time to open the page before the game begins. */
const LEAD_MS = 3000;

/**
 * Serves the leaderboard and plays a recorded game on it.
 * @throws PaydayError `not_started`, `port_taken`, `address_unusable`, `web_not_built`
 */
export async function replay(
  recorded: EventLog,
  game: GameEntity,
  options: ReplayOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { windowMs } = game.scenario.pay;
  const events = await eventsOf(recorded, game.id);
  const startsAt = foldGame(events)?.schedule.startsAt ?? null;
  if (startsAt === null)
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
  // A signal alone keeps no process alive; the listening server does.
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

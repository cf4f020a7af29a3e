import { setTimeout as sleep } from 'node:timers/promises';
import {
  TOPICS,
  decodeCloudEvent,
  encodeCloudEvent,
  teamKey,
  type GameEvent,
  type ScoreUpdate,
} from '#contracts';
import { readRange, type EventLog, type Position } from '#event-log';
import type { Clock } from '#kernel';
import type { Retimer } from './retimer.js';
import type { ScoreHistory } from './score-history.js';

/** Score updates within this time are sent together, only the latest of each team: screens show no more. */
const GATHER_MS = 50;

export interface FeedOptions {
  from: EventLog;
  to: EventLog;
  gameId: string;
  events: readonly GameEvent[];
  retimer: Retimer;
  history: ScoreHistory;
  clock: Clock;
  /** Ends the feed early. */
  signal: AbortSignal;
}

/** Writes the recording into the replay's log, each record at its time. Resolves when everything is written. */
export async function feed(options: FeedOptions): Promise<void> {
  await Promise.all([feedEvents(options), feedScores(options)]);
}

async function feedEvents({ to, events, retimer, clock, signal }: FeedOptions): Promise<void> {
  for (const recorded of events) {
    const event = retimer.event(recorded);
    // A pause for an outage was recorded after it; in the replay the clock stands still from its beginning.
    const dueAt =
      event.type === 'dev.payday.game.paused' ? Math.min(event.time, event.data.fromAt) : event.time;
    await until(dueAt, clock, signal);
    await to.append(TOPICS.gameEvents, [encodeCloudEvent(event)]);
  }
}

async function feedScores(options: FeedOptions): Promise<void> {
  const { from, to, gameId, retimer, history, clock, signal } = options;
  const waiting = new Map<string, ScoreUpdate>();
  let flushedAt = -Infinity;
  const flush = async (): Promise<void> => {
    flushedAt = clock.nowMs();
    const updates = [...waiting.values()];
    waiting.clear();
    for (const { data } of updates) history.add(data);
    if (updates.length > 0) await to.append(TOPICS.scoreUpdates, updates.map(encodeCloudEvent));
  };
  const prefix = teamKey(gameId, '');
  const ends = await from.endPositions(TOPICS.scoreUpdates);
  // Each partition by itself, because a batch waits for the time of its updates.
  const play = async (to: Position | null, partition: number): Promise<void> => {
    for await (const record of readRange(from, { topic: TOPICS.scoreUpdates, partition, to })) {
      if (!record.key.startsWith(prefix)) continue;
      const recorded = decodeCloudEvent(record) as ScoreUpdate;
      const update = { ...recorded, time: retimer.at(recorded.time), data: retimer.score(recorded.data) };
      if (update.time > clock.nowMs()) {
        await flush();
        await until(Math.max(update.time, flushedAt + GATHER_MS), clock, signal);
      }
      waiting.set(update.data.teamId, update);
    }
    await flush();
  };
  await Promise.all(ends.map(play));
}

async function until(atMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  // Node's timers hold at most 2^31 - 1 ms.
  for (let left = atMs - clock.nowMs(); left > 0; left = atMs - clock.nowMs())
    await sleep(Math.min(left, 60_000), undefined, { signal });
}

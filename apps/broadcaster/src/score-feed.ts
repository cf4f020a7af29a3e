import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { TOPICS, decodeCloudEvent, type GameEvent, type ScoreUpdate } from '#contracts';
import {
  PoisonRecordError,
  type Consumer,
  type EventLog,
  type RecordBatch,
  type StoredRecord,
} from '#event-log';
import { PaydayError, messageOf, type Timers } from '#kernel';
import { EVENT_LOG, LOGGER, Readiness, type Logger } from '#runtime';
import { BroadcasterMetrics } from './broadcaster-metrics.js';
import { FreezeWatch } from './freeze-watch.js';
import { FrameHub } from './frames/frame-hub.js';
import { PublicView } from './public-view/public-view.js';
import type { ScoreSnapshot } from './score-snapshot.js';
import { asScoreUpdate } from './team-score.js';
import { SCORE_SNAPSHOT, TIMERS } from './tokens.js';

const RETRY_MS = 500;

/**
 * Feeds the public view. Live score updates are read first; then, once all game events of the past are known, the
 * committed scores of the game shown. Whatever is committed in between comes by one of the two ways or by both,
 * and the view takes the later commit. Only then is the first frame made.
 */
@Injectable()
export class ScoreFeed implements OnApplicationBootstrap, OnApplicationShutdown {
  private consumer: Consumer | undefined;
  private readingUpdates = false;
  private eventsCaughtUp = false;
  private recovering = false;
  /** Why the broadcaster isn't ready; null once it is. */
  private waitingFor: string | null = 'the game events of the past are still being read';
  private cancelRetry: () => void = () => {};
  private stopped = false;

  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(SCORE_SNAPSHOT) private readonly snapshot: ScoreSnapshot,
    @Inject(TIMERS) private readonly timers: Timers,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(PublicView) private readonly view: PublicView,
    @Inject(FrameHub) private readonly hub: FrameHub,
    @Inject(FreezeWatch) private readonly freezes: FreezeWatch,
    @Inject(BroadcasterMetrics) private readonly metrics: BroadcasterMetrics,
    @Inject(Readiness) readiness: Readiness,
  ) {
    readiness.register('broadcaster', () => {
      if (this.waitingFor !== null) throw new Error(this.waitingFor);
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    // Fixed here and moved on by what is read, so that a consumer that starts anew skips nothing.
    const positions = await this.log.endPositions(TOPICS.scoreUpdates);
    this.consumer = this.log.consume({
      topic: TOPICS.scoreUpdates,
      deadLetterTopic: TOPICS.deadLetters,
      startAt: (partition) => positions[partition] ?? 'earliest',
      onBatch: async (batch) => {
        this.takeScores(batch);
        positions[batch.partition] = batch.records.at(-1)!.position;
      },
      onError: (err) => {
        if (!this.stopped) this.logger.warn({ err }, 'score updates are delivered again');
      },
    });
    await this.consumer.ready;
    this.readingUpdates = true;
    // Not awaited: the port opens, and says that it isn't ready, while a database is slow.
    void this.recover();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.cancelRetry();
    this.freezes.stop();
    this.hub.maker.stop();
    await this.consumer?.close();
  }

  /** Every game event that was in the log at the start has been handled (`EventLogTransport`'s `onCaughtUp`). */
  gameEventsCaughtUp(): void {
    this.eventsCaughtUp = true;
    void this.recover();
  }

  onGameEvent(event: GameEvent): void {
    try {
      this.view.applyGameEvent(event);
    } catch (err) {
      // It won't fit next time either, and the events behind it must not wait: say so and go on.
      if (!(err instanceof PaydayError)) throw err;
      this.metrics.eventRefused(err.code);
      this.logger.error({ err, event: event.id, type: event.type }, 'a game event does not fit its game');
      return;
    }
    this.hub.maker.changed();
  }

  private takeScores({ records }: RecordBatch): void {
    for (const record of records) {
      const { data, time } = readUpdate(record);
      if (!this.view.applyScore(data)) continue;
      this.metrics.scoreTaken(time);
      this.hub.maker.changed();
    }
  }

  private async recover(): Promise<void> {
    if (!this.readingUpdates || !this.eventsCaughtUp || this.recovering || this.waitingFor === null) return;
    this.recovering = true;
    try {
      const { gameId } = this.view;
      if (gameId !== null) for (const score of await this.snapshot.load(gameId)) this.view.applyScore(score);
      // Who begins in a freeze knows nothing that may be shown before this.
      await this.freezes.settleIfFrozen();
      if (this.stopped) return;
      this.waitingFor = null;
      this.hub.maker.start();
      this.freezes.start();
    } catch (err) {
      this.waitingFor = `what may be shown could not be read: ${messageOf(err)}`;
      this.logger.warn({ err }, 'what may be shown could not be read; trying again');
      if (!this.stopped) this.cancelRetry = this.timers.after(RETRY_MS, () => void this.recover());
    } finally {
      this.recovering = false;
    }
  }
}

function readUpdate(record: StoredRecord): ScoreUpdate {
  try {
    return asScoreUpdate(decodeCloudEvent(record));
  } catch (error) {
    throw new PoisonRecordError(record, messageOf(error));
  }
}

import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { TOPICS, decodeCloudEvent, type GameEvent, type ScoreUpdate, type TeamScore } from '#contracts';
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
import { asScoreUpdate } from './team-score.js';
import { COMMITTED_SCORES, TIMERS } from './tokens.js';

const RETRY_MS = 500;

/** Loads the latest committed score of every scored team of a game. */
export type CommittedScores = (gameId: string) => Promise<TeamScore[]>;

/**
 * Feeds the public view. It subscribes to live score updates first; once all past game events are known, it loads the
 * committed scores of the game shown. A commit in between arrives through one of the two ways or both, and the view keeps the
 * later commit. Only then is the first frame made.
 */
@Injectable()
export class ScoreFeed implements OnApplicationBootstrap, OnApplicationShutdown {
  private consumer: Consumer | undefined;
  private readingUpdates = false;
  private eventsCaughtUp = false;
  private recovering = false;
  /** Why the broadcaster is not ready; null once it is. */
  private waitingFor: string | null = 'past game events are still being read';
  private cancelRetry: () => void = () => {};
  private stopped = false;

  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(COMMITTED_SCORES) private readonly committedScores: CommittedScores,
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
    // Fixed here and advanced by reading, so that a restarted consumer skips nothing.
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
        if (!this.stopped) this.logger.warn({ err }, 'score updates are being redelivered');
      },
    });
    await this.consumer.ready;
    this.readingUpdates = true;
    // Not awaited: the port opens and reports that the service is not ready while the database is slow.
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
      // A retry would fail again and later events must not wait, so report it and continue.
      if (!(err instanceof PaydayError)) throw err;
      this.metrics.eventRefused(err.code);
      this.logger.error(
        { err, event: event.id, type: event.type },
        'a game event is not valid in the state of its game',
      );
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
      if (gameId !== null)
        for (const score of await this.committedScores(gameId)) this.view.applyScore(score);
      // A broadcaster that starts during a freeze has nothing to show before this.
      await this.freezes.settleIfFrozen();
      if (this.stopped) return;
      this.waitingFor = null;
      this.hub.maker.start();
      this.freezes.start();
    } catch (err) {
      this.waitingFor = `the public scores could not be read: ${messageOf(err)}`;
      this.logger.warn({ err }, 'the public scores could not be read; trying again');
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

import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { TOPICS, decodeCloudEvent, type ScoreUpdate } from '#contracts';
import { PoisonRecordError, type Consumer, type EventLog, type StoredRecord } from '#event-log';
import { messageOf } from '#kernel';
import { EVENT_LOG, LOGGER, type Logger } from '#runtime';
import { Orchestrator } from '../orchestrator.js';

/**
 * Passes scores to the orchestrator, for conditions of timelines. Starts at the end of the topic: scores are absolute, and
 * every probed team's score is published repeatedly. Until then, no service counts as up.
 */
@Injectable()
export class ScoreFollower implements OnApplicationBootstrap, OnApplicationShutdown {
  private consumer: Consumer | undefined;
  private stopped = false;

  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Orchestrator) private readonly orchestrator: Orchestrator,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // Advanced by what is read, so that a restarted consumer skips nothing.
    const positions = await this.log.endPositions(TOPICS.scoreUpdates);
    this.consumer = this.log.consume({
      topic: TOPICS.scoreUpdates,
      deadLetterTopic: TOPICS.deadLetters,
      startAt: (partition) => positions[partition] ?? 'earliest',
      onBatch: async ({ partition, records }) => {
        for (const record of records) this.orchestrator.observe(scoreIn(record));
        positions[partition] = records.at(-1)!.position;
      },
      onError: (err) => {
        if (!this.stopped) this.logger.warn({ err }, 'score updates will be redelivered');
      },
    });
    await this.consumer.ready;
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.consumer?.close();
  }
}

function scoreIn(record: StoredRecord): ScoreUpdate['data'] {
  try {
    const { type, data } = decodeCloudEvent(record) as ScoreUpdate;
    if (type !== 'dev.payday.team.scored' || !Array.isArray(data?.services))
      throw new Error(`${String(type)} is not a team's score`);
    return data;
  } catch (cause) {
    throw new PoisonRecordError(record, `not a score update: ${messageOf(cause)}`);
  }
}

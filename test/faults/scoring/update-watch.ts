import { TOPICS, decodeCloudEvent, type TeamScore } from '#contracts';
import type { Consumer, EventLog } from '#event-log';

/** Follows the scorer's updates, as a broadcaster does. */
export class UpdateWatch {
  private commitSeq = 0;
  private readonly latestSalaries = new Map<string, number>();
  private readonly consumer: Consumer;

  constructor(log: EventLog) {
    this.consumer = log.consume({
      topic: TOPICS.scoreUpdates,
      startAt: () => 'earliest',
      onBatch: async ({ records }) => {
        for (const record of records) {
          const { teamId, salaryCents, commitSeq } = decodeCloudEvent(record).data as TeamScore;
          this.latestSalaries.set(teamId, salaryCents);
          this.commitSeq = Math.max(this.commitSeq, commitSeq);
        }
      },
    });
  }

  /** The last commit with any record in the log now; 0 if there is none. */
  async publishedSeq(): Promise<number> {
    await this.consumer.caughtUp();
    return this.commitSeq;
  }

  /** The last published salary, by team. */
  async salaries(): Promise<Record<string, number>> {
    await this.consumer.caughtUp();
    return Object.fromEntries(this.latestSalaries);
  }

  async close(): Promise<void> {
    await this.consumer.close();
  }
}

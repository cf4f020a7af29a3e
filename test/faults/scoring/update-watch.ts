import { TOPICS, decodeCloudEvent, type TeamScore } from '#contracts';
import type { Consumer, EventLog, Position } from '#event-log';
import { sleep } from '../../support/wait.js';

/** Follows the scorer's updates, as a broadcaster does. */
export class UpdateWatch {
  private commitSeq = 0;
  private position: Position | null = null;
  private readonly latestSalaries = new Map<string, number>();
  private readonly consumer: Consumer;

  constructor(private readonly log: EventLog) {
    this.consumer = log.consume({
      topic: TOPICS.scoreUpdates,
      startAt: () => 'earliest',
      onBatch: async ({ records }) => {
        for (const record of records) {
          const { teamId, salaryCents, commitSeq } = decodeCloudEvent(record).data as TeamScore;
          this.latestSalaries.set(teamId, salaryCents);
          this.commitSeq = Math.max(this.commitSeq, commitSeq);
          this.position = record.position;
        }
      },
    });
  }

  /** The last commit with any record in the log now; 0 if there is none. */
  async publishedSeq(): Promise<number> {
    await this.caughtUp();
    return this.commitSeq;
  }

  /** The last published salary, by team. */
  async salaries(): Promise<Record<string, number>> {
    await this.caughtUp();
    return Object.fromEntries(this.latestSalaries);
  }

  async close(): Promise<void> {
    await this.consumer.close();
  }

  private async caughtUp(): Promise<void> {
    const [end] = await this.log.endPositions(TOPICS.scoreUpdates);
    for (; this.position !== end; await sleep(2)) if (end === null) return;
  }
}

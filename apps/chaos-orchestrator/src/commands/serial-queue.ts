import { Injectable } from '@nestjs/common';
import { PaydayError } from '#kernel';

const MAX_WAITING = 200;

/** Runs one task at a time, in the order of arrival. */
@Injectable()
export class SerialQueue {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** @throws PaydayError `too_many_requests` (retryable) if too many tasks wait; and whatever `work` throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting >= MAX_WAITING)
      throw new PaydayError(
        'too_many_requests',
        `${MAX_WAITING} commands are waiting already; send it again later.`,
        {
          retryable: true,
        },
      );
    this.waiting++;
    const task = this.last.then(work);
    this.last = task.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await task;
    } finally {
      this.waiting--;
    }
  }
}

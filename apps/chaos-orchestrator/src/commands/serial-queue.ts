import { PaydayError } from '#kernel';

const MAX_WAITING = 200;

/** Lets one at a time do something, in the order in which they came. */
export class SerialQueue {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** @throws PaydayError `too_many_requests` (retryable) if too many wait; and whatever `work` throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting >= MAX_WAITING)
      throw new PaydayError(
        'too_many_requests',
        `${MAX_WAITING} commands wait already; send it again later.`,
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

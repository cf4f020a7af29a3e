import { Injectable } from '@nestjs/common';
import { PaydayError, SerialQueue } from '#kernel';

const MAX_COMMANDS = 200;

/** Runs commands one at a time, in the order of arrival. Refuses with `too_many_requests` (retryable) when it is full. */
@Injectable()
export class CommandQueue extends SerialQueue {
  constructor() {
    super({
      maxTasks: MAX_COMMANDS,
      refuse: () =>
        new PaydayError(
          'too_many_requests',
          `${MAX_COMMANDS} commands are waiting already; send it again later.`,
          {
            retryable: true,
          },
        ),
    });
  }
}

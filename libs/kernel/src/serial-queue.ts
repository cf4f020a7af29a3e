export interface SerialQueueOptions {
  /** How many tasks may run or wait; > 0, default unlimited. */
  maxTasks?: number;
  /** Makes the error with which a full queue refuses a task. */
  refuse?(): Error;
}

/** Runs asynchronous tasks one at a time, in the order of the calls. A task that fails does not affect the next. */
export class SerialQueue {
  private tail: Promise<unknown> = Promise.resolve();
  private tasks = 0;

  constructor(private readonly options: SerialQueueOptions = {}) {}

  /** @returns the task's result. Rejects as the task does, or with the error of `refuse` if the queue is full. */
  run<T>(task: () => Promise<T> | T): Promise<T> {
    const { maxTasks = Infinity, refuse } = this.options;
    if (this.tasks >= maxTasks) return Promise.reject<T>(refuse?.() ?? new Error('the queue is full'));
    this.tasks++;
    const result = this.tail.then(task);
    const done = (): void => void this.tasks--;
    this.tail = result.then(done, done);
    return result;
  }

  /** Resolves when the tasks queued so far have ended. Never rejects. */
  async idle(): Promise<void> {
    await this.tail;
  }
}

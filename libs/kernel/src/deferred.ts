/** A promise that is settled from outside. */
export class Deferred<T = void> {
  readonly promise: Promise<T>;
  private settled = false;
  private settle!: { resolve(value: T | PromiseLike<T>): void; reject(error: unknown): void };

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => (this.settle = { resolve, reject }));
  }

  /** True once `resolve` or `reject` was called. */
  get isSettled(): boolean {
    return this.settled;
  }

  readonly resolve = (value: T): void => {
    this.settled = true;
    this.settle.resolve(value);
  };

  readonly reject = (error: unknown): void => {
    this.settled = true;
    this.settle.reject(error);
  };
}

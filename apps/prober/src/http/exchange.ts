import type { Dispatcher } from 'undici';
import type { Outcome } from '#contracts';
import type { RenderedRequest } from '#scenario';
import { describeError, isReset, outcomeOfError } from './classify.js';
import type { Connection } from './connection.js';
import type { MemoryBudget } from './memory-budget.js';

/** What came of a request: an answer, not yet judged, or a failure. Texts are for people, of any length. */
export type ExchangeResult =
  { kind: 'answer'; status: number; bodyText: string } | { kind: 'failure'; outcome: Outcome; got: string };

/** Where the status alone is wrong, this much of the body is kept, to show it to the team. */
const EXCERPT_BYTES = 1024;

/**
 * One request and its answer, over at most two connections. `onDone` is called exactly once, and nothing of the
 * answer is kept afterwards.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  connection: Connection | null = null;
  finished = false;
  #retried = false;
  /** On the current connection: whether it had served before, and what it had read by then. */
  #reused = false;
  #bytesReadBefore = 0;

  #status = 0;
  #location = '';
  #keepBytes = 0;
  #chunks: Buffer[] = [];
  #kept = 0;
  #received = 0;

  constructor(
    readonly request: RenderedRequest,
    private readonly maxBodyBytes: number,
    private readonly memory: MemoryBudget,
    /** Gives the connection back, or asks for a fresh one: see `Endpoint`. */
    private readonly owner: {
      retry(exchange: Exchange): void;
      release(exchange: Exchange, reusable: boolean): void;
    },
    private readonly onDone: (result: ExchangeResult) => void,
  ) {}

  /** Sends the request. The outcome, also that of an immediate error, comes by `onDone`. */
  start(connection: Connection, basePath: string): void {
    this.connection = connection;
    this.#reused = connection.served > 0;
    this.#bytesReadBefore = connection.socket?.bytesRead ?? 0;
    const { method, path, headers, body } = this.request;
    connection.client.dispatch(
      { method, path: basePath + path, headers, body: body ?? null, headersTimeout: 0, bodyTimeout: 0 },
      this,
    );
  }

  /** The deadline has come. */
  timeOut(got: string): void {
    this.#fail('timeout', got);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.finished) controller.abort(new Error('the deadline has passed'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 1xx: the answer proper is still to come.
    if (this.finished || status < 200) return;
    this.#status = status;
    this.#location = String(headers['location'] ?? '');
    const { expect } = this.request;
    const needed = expect.json !== undefined || expect.contains !== undefined;
    if (status !== expect.status) this.#keepBytes = EXCERPT_BYTES;
    else this.#keepBytes = needed ? Infinity : 0;
    const length = Number(headers['content-length']);
    if (length > this.maxBodyBytes && this.request.method !== 'HEAD') this.#tooLarge(`${length} bytes`);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.finished) return;
    this.#received += chunk.length;
    if (this.#received > this.maxBodyBytes) return this.#tooLarge('more');
    const rest = this.#keepBytes - this.#kept;
    if (rest <= 0) return;
    const kept = chunk.length > rest ? chunk.subarray(0, rest) : chunk;
    const refused = this.memory.take(kept.length);
    if (refused === null) {
      this.#kept += kept.length;
      this.#chunks.push(kept);
    } else if (refused === this.memory)
      this.#fail('too_large', `unfinished answers of this endpoint fill ${refused.maxBytes} bytes`);
    else this.#fail('prober_error', 'the prober has no memory left for answers');
  }

  onResponseEnd(): void {
    if (this.finished) return;
    const { expect } = this.request;
    if (this.#status >= 300 && this.#status < 400 && this.#status !== expect.status)
      return this.#finish(
        {
          kind: 'failure',
          outcome: 'redirect',
          got: `status ${this.#status}, redirect to ${this.#location}`,
        },
        true,
      );
    const bodyText = this.#kept === 0 ? '' : Buffer.concat(this.#chunks, this.#kept).toString('utf8');
    this.#finish({ kind: 'answer', status: this.#status, bodyText }, true);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.finished) return;
    if (this.#isIdleRace(error)) {
      this.#retried = true;
      return this.owner.retry(this);
    }
    this.#fail(outcomeOfError(error), describeError(error));
  }

  /**
   * A server may close an idle connection just when we write to it. That is how HTTP/1.1 works and no failure of
   * the team's, as long as the connection had served before and not one byte of an answer came.
   */
  #isIdleRace(error: Error): boolean {
    const read = this.connection?.socket?.bytesRead ?? 0;
    return !this.#retried && this.#reused && isReset(error) && read === this.#bytesReadBefore;
  }

  #tooLarge(size: string): void {
    this.#fail('too_large', `an answer of ${size}, at most ${this.maxBodyBytes} bytes are read`);
  }

  #fail(outcome: Outcome, got: string): void {
    if (!this.finished) this.#finish({ kind: 'failure', outcome, got }, false);
  }

  #finish(result: ExchangeResult, reusable: boolean): void {
    this.finished = true;
    this.memory.give(this.#kept);
    this.#chunks = [];
    this.owner.release(this, reusable);
    this.onDone(result);
  }
}

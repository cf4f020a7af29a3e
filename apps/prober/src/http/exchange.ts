import type { Outcome } from '#contracts';
import type { CustomerRequest, Wire } from './customer-request.js';
import {
  AnswerError,
  decodeContent,
  type AnswerHead,
  type AnswerLimits,
  type AnswerSink,
} from '../http1/index.js';
import type { Arrival, LoopWatch } from '../loop-watch.js';
import type { WorkMeter } from '../work-meter.js';
import { describeError, isReset, outcomeOfError } from './classify.js';
import type { Connection, ConnectionUser } from './connection.js';
import type { MemoryBudget } from './memory-budget.js';

/** What came of a request: an answer, not yet judged, or a failure. Texts are for people, of any length. */
export type ExchangeResult =
  | {
      kind: 'answer';
      status: number;
      bodyText: string;
      /** The header `Payday-Team`. */
      proof: string | null;
    }
  | { kind: 'failure'; outcome: Outcome; got: string };

/** When the end of an exchange can have come, monotonic microseconds. */
export interface Timing extends Arrival {
  /** How much of the time before that was lost by ourselves, at most: the true time may be shorter by this. */
  ownUs: number;
}

/** What an exchange needs of its endpoint. */
export interface ExchangeOwner {
  readonly limits: AnswerLimits;
  readonly memory: MemoryBudget;
  readonly watch: LoopWatch;
  readonly meter: WorkMeter;
  readonly monotonicUs: () => number;
  /** @throws PaydayError `invalid_request`. */
  wire(request: CustomerRequest): Wire;
  /** The idle connection was gone; once more on one that never served. */
  retry(exchange: Exchange): void;
  /** It is done with its connection, if it got one. */
  release(exchange: Exchange, reusable: boolean): void;
}

/** Shared by all whose body came in one piece, or not at all. */
const NO_PIECES: Buffer[] = [];
/** Where the status alone is wrong, this much of the body is kept, to show it to the team. */
const EXCERPT_BYTES = 1024;

/**
 * One request and its answer, over at most two connections. `onDone` is called exactly once, and nothing of the
 * answer is kept afterwards.
 */
export class Exchange implements ConnectionUser, AnswerSink {
  connection: Connection | null = null;
  finished = false;
  /** Monotonic microseconds that were lost by ourselves so far. */
  ownUs = 0;
  private retried = false;
  private dialledUs = 0;
  private stalledBeforeUs = 0;

  private answerHead: AnswerHead | null = null;
  private keepBytes = 0;
  private pieces: Buffer[] = NO_PIECES;
  /** A body that came in one piece. */
  private text = '';
  private kept = 0;
  private isWhole = false;
  /** Set once the last byte is there; decoding may still go on. */
  private arrival: Arrival | null = null;

  constructor(
    readonly request: CustomerRequest,
    private readonly owner: ExchangeOwner,
    private readonly onDone: (result: ExchangeResult, timing: Timing) => void,
  ) {}

  /** Sends the request. The outcome, also that of an immediate error, comes by `onDone`. */
  start(connection: Connection): void {
    this.connection = connection;
    this.dialledUs = connection.served > 0 ? 0 : this.owner.monotonicUs();
    this.stalledBeforeUs = this.owner.watch.stalledUs;
    connection.use(this);
  }

  /** The deadline has come. An answer that is there already is not late because it is still being decoded. */
  timeOut(got: string): void {
    if (this.arrival === null) this.fail('timeout', got);
  }

  ready(): void {
    const { watch, limits } = this.owner;
    if (this.connection!.served === 0) {
      // While the loop was busy, neither the connection nor a step of its handshake could go on.
      const { earliestUs } = watch.measureArrival();
      const lateUs = this.owner.monotonicUs() - Math.max(earliestUs, this.dialledUs);
      this.ownUs += Math.max(lateUs, watch.stalledUs - this.stalledBeforeUs);
    }
    let wire: Wire;
    try {
      wire = this.owner.wire(this.request);
    } catch (error) {
      return this.fail('prober_error', `the scenario's request can't be sent: ${describeError(error)}`);
    }
    this.connection!.parser.begin(this.request.method, limits, this);
    this.connection!.write(wire.text, wire.encoding);
  }

  bytes(bytes: Buffer, length: number): void {
    const { watch, meter, monotonicUs } = this.owner;
    const arrival = watch.measureArrival();
    const beginUs = monotonicUs();
    const { parser } = this.connection!;
    try {
      parser.push(bytes, length);
      if (this.isWhole) this.whole(arrival, parser.reusable);
    } catch (error) {
      if (!(error instanceof AnswerError)) throw error;
      this.fail(error.outcome, error.message);
    }
    const endUs = monotonicUs();
    watch.workedUntil(endUs);
    meter.charge(endUs - beginUs, length, watch.round);
    if (this.finished || !meter.isOver) return;
    meter.strike();
    this.fail('too_large', "this team's answers take the customers too much time to read");
  }

  ended(): void {
    const arrival = this.owner.watch.measureArrival();
    const missing = this.connection!.parser.close();
    if (this.isWhole) this.whole(arrival, false);
    else if (!this.finished) this.broken(null, missing ?? 'the connection was closed');
  }

  failed(error: Error): void {
    this.owner.watch.measureArrival();
    this.broken(error, describeError(error));
  }

  refused(outcome: Outcome, got: string): void {
    this.fail(outcome, got);
  }

  head(head: AnswerHead): void {
    this.answerHead = head;
    const { expect } = this.request;
    const needed = expect.json !== undefined || expect.contains !== undefined;
    if (head.status !== expect.status) this.keepBytes = EXCERPT_BYTES;
    else this.keepBytes = needed ? Infinity : 0;
  }

  body(bytes: Buffer, from: number, to: number): void {
    const rest = this.keepBytes - this.kept;
    if (rest <= 0) return;
    const head = this.answerHead!;
    if (to - from === head.bodyBytes && to - from <= rest && head.codings.length === 0) {
      // Most bodies come whole: they are read where they lie.
      this.text = bytes.toString('utf8', from, to);
      return;
    }
    const { memory } = this.owner;
    const length = Math.min(to - from, rest);
    const refused = memory.reserve(length);
    if (refused === null) {
      this.kept += length;
      if (this.pieces === NO_PIECES) this.pieces = [];
      // What we are shown is overwritten by the next read of any socket.
      this.pieces.push(Buffer.from(bytes.subarray(from, from + length)));
    } else if (refused === memory)
      throw new AnswerError(
        'too_large',
        `unfinished answers of this endpoint fill ${refused.maxBytes} bytes`,
      );
    else this.fail('prober_error', 'the prober has no memory left for answers');
  }

  end(): void {
    this.isWhole = true;
  }

  /** The last byte is here: the connection is free, and what it said is read. */
  private whole(arrival: Arrival, reusable: boolean): void {
    this.isWhole = false;
    this.arrival = arrival;
    const { status, codings, fields } = this.answerHead!;
    const { expect } = this.request;
    this.owner.release(this, reusable);
    if (status >= 300 && status < 400 && status !== expect.status)
      return this.finish({
        kind: 'failure',
        outcome: 'redirect',
        got: `status ${status}, redirect to ${fields.location ?? ''}`,
      });
    if (codings.length === 0 || this.kept === 0)
      return this.answer(this.kept === 0 ? this.text : this.content().toString('utf8'));
    const excerpt = status !== expect.status;
    decodeContent(this.content(), codings, this.owner.limits.maxBodyBytes, !excerpt, (error, content) => {
      if (error === null || excerpt) this.answer(content.toString('utf8'));
      else this.finish({ kind: 'failure', outcome: error.outcome, got: error.message });
    });
  }

  private content(): Buffer {
    return this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces, this.kept);
  }

  private answer(bodyText: string): void {
    const { status, fields } = this.answerHead!;
    this.finish({ kind: 'answer', status, bodyText, proof: fields.paydayTeam });
  }

  /**
   * A server may close an idle connection just when we write to it. That is how HTTP/1.1 works and no failure of
   * the team's, as long as the connection had served before and not one byte of an answer came.
   */
  private broken(error: Error | null, got: string): void {
    const { served, parser } = this.connection!;
    const race = served > 0 && parser.received === 0 && (error === null || isReset(error));
    if (race && !this.retried) {
      this.retried = true;
      return this.owner.retry(this);
    }
    this.fail(error === null ? 'connect_error' : outcomeOfError(error), got);
  }

  private fail(outcome: Outcome, got: string): void {
    if (this.finished) return;
    if (this.arrival === null) this.owner.release(this, false);
    this.finish({ kind: 'failure', outcome, got });
  }

  private finish(result: ExchangeResult): void {
    if (this.finished) return;
    this.finished = true;
    if (this.kept > 0) this.owner.memory.release(this.kept);
    this.pieces = NO_PIECES;
    const nowUs = this.owner.monotonicUs();
    const earliestUs = this.arrival?.earliestUs ?? nowUs - this.owner.watch.doubtUs;
    const latestUs = this.arrival?.latestUs ?? nowUs;
    this.onDone(result, { earliestUs, latestUs, ownUs: this.ownUs });
  }
}

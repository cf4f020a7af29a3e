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

/** The result of a request: an answer that is not judged yet, or a failure. The texts are for people and have any length. */
export type ExchangeResult =
  | {
      kind: 'answer';
      status: number;
      bodyText: string;
      /** The header `Payday-Team`. */
      proof: string | null;
    }
  | { kind: 'failure'; outcome: Outcome; got: string };

/** When the end of an exchange can have arrived, monotonic microseconds. */
export interface Timing extends Arrival {
  /** Upper bound of the delay that the prober added before that: the true time may be shorter by this much. */
  ownUs: number;
}

/** What an exchange needs from its endpoint. */
export interface ExchangeOwner {
  readonly limits: AnswerLimits;
  readonly memory: MemoryBudget;
  readonly watch: LoopWatch;
  readonly meter: WorkMeter;
  readonly monotonicUs: () => number;
  /** @throws PaydayError `invalid_request`. */
  wire(request: CustomerRequest): Wire;
  /** Retries on a new connection, because the idle one was gone. */
  retry(exchange: Exchange): void;
  /** The exchange no longer needs its connection, if it had one. */
  release(exchange: Exchange, reusable: boolean): void;
}

/** Shared by all exchanges whose body arrived in one piece, or that have none. */
const NO_PIECES: Buffer[] = [];
/** How much of the body is kept for the team if only the status is wrong. */
const EXCERPT_BYTES = 1024;

/**
 * One request and its answer, over at most two connections. `onDone` is called exactly once, and no part of the
 * answer is kept after that.
 */
export class Exchange implements ConnectionUser, AnswerSink {
  connection: Connection | null = null;
  finished = false;
  /** Delay that the prober has added so far, microseconds. */
  ownUs = 0;
  private retried = false;
  private dialledUs = 0;
  private stalledBeforeUs = 0;

  private answerHead: AnswerHead | null = null;
  private keepBytes = 0;
  private pieces: Buffer[] = NO_PIECES;
  /** A body that arrived in one piece. */
  private text = '';
  private kept = 0;
  private isWhole = false;
  /** Set once the last byte has arrived; decoding may still be in progress. */
  private arrival: Arrival | null = null;

  constructor(
    readonly request: CustomerRequest,
    private readonly owner: ExchangeOwner,
    private readonly onDone: (result: ExchangeResult, timing: Timing) => void,
  ) {}

  /** Sends the request. `onDone` gets the outcome, including that of an immediate error. */
  start(connection: Connection): void {
    this.connection = connection;
    this.dialledUs = connection.served > 0 ? 0 : this.owner.monotonicUs();
    this.stalledBeforeUs = this.owner.watch.stalledUs;
    connection.use(this);
  }

  /** Ends the exchange at its deadline. An answer that has arrived is not late because it is still being decoded. */
  timeOut(got: string): void {
    if (this.arrival === null) this.fail('timeout', got);
  }

  ready(): void {
    const { watch, limits } = this.owner;
    if (this.connection!.served === 0) {
      // While the loop was busy, neither the connection nor its handshake could progress.
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
      // Most bodies arrive whole and are read in place.
      this.text = bytes.toString('utf8', from, to);
      return;
    }
    const { memory } = this.owner;
    const length = Math.min(to - from, rest);
    const refused = memory.reserve(length);
    if (refused === null) {
      this.kept += length;
      if (this.pieces === NO_PIECES) this.pieces = [];
      // The next read of any socket overwrites this buffer.
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

  /** The last byte has arrived: releases the connection and reads the answer. */
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
   * A server may close an idle connection just when a request is written to it. HTTP/1.1 allows that, so it is no failure of
   * the team, provided that the connection had served before and no byte of an answer has arrived.
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

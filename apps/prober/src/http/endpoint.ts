import { Deque } from '../deque.js';
import { answerLimits, writeRequest, type AnswerLimits } from '../http1/index.js';
import type { LoopWatch } from '../loop-watch.js';
import type { WorkMeter } from '../work-meter.js';
import type { AddressBook } from './address-book.js';
import { Connection } from './connection.js';
import { Dialer } from './dialer.js';
import { Exchange, type ExchangeOwner, type ExchangeResult, type Timing } from './exchange.js';
import type { CustomerRequest, Wire } from './customer-request.js';
import { MemoryBudget } from './memory-budget.js';
import { targetOf, type Target } from './target.js';

// eslint-disable-next-line no-control-regex
const ASCII = /^[\u0000-\u007f]*$/;

export interface EndpointLimits {
  /** Concurrent requests, each on a connection of its own. */
  maxInFlight: number;
  /** Requests that wait for one of those. A further one fails immediately as `timeout`. */
  maxQueued: number;
  /** Longest answer, in bytes. */
  maxBodyBytes: number;
  /** Bytes of unfinished answers held for this endpoint. */
  maxHeldBytes: number;
}

/** What an endpoint shares with its team's other endpoints, and with all of the prober's. */
export interface EndpointParts {
  book: AddressBook;
  watch: LoopWatch;
  meter: WorkMeter;
  monotonicUs: () => number;
  /** The `User-Agent` header of requests. */
  userAgent: string;
  memory?: MemoryBudget;
}

/**
 * One team's service. Whatever it does, it uses up at most its own connections, queue and memory, and it
 * never delays another endpoint.
 */
export class Endpoint implements ExchangeOwner {
  readonly limits: AnswerLimits;
  readonly memory: MemoryBudget;
  private readonly target: Target;
  private readonly dialer: Dialer;
  private readonly idle: Connection[] = [];
  private readonly busy: Connection[] = [];
  private readonly queue = new Deque<Exchange>();
  /** Requests without unique parts as they are sent, by slot. */
  private readonly wires: (Wire | undefined)[] = [];
  private waiting = 0;
  private retired = false;

  /** @param url http(s), optionally with a path that prefixes every check's path. @throws TypeError otherwise. */
  constructor(
    readonly url: string,
    private readonly bounds: EndpointLimits,
    private readonly parts: EndpointParts,
  ) {
    this.target = targetOf(url);
    this.dialer = new Dialer(this.target, parts.book);
    this.limits = answerLimits(bounds.maxBodyBytes);
    this.memory = new MemoryBudget(bounds.maxHeldBytes, parts.memory);
  }

  get watch(): LoopWatch {
    return this.parts.watch;
  }

  get meter(): WorkMeter {
    return this.parts.meter;
  }

  get monotonicUs(): () => number {
    return this.parts.monotonicUs;
  }

  get inFlight(): number {
    return this.busy.length;
  }

  get queued(): number {
    return this.waiting;
  }

  /** Bytes of answers currently held. */
  get heldBytes(): number {
    return this.memory.used;
  }

  /** Sends now, or as soon as an earlier request is done. `onDone` is called once, possibly synchronously. */
  send(request: CustomerRequest, onDone: (result: ExchangeResult, timing: Timing) => void): Exchange {
    const exchange = new Exchange(request, this, onDone);
    this.meter.earn();
    if (this.busy.length < this.bounds.maxInFlight)
      this.begin(exchange, this.idle.pop() ?? this.connection());
    else if (this.waiting < this.bounds.maxQueued) {
      this.queue.push(exchange);
      this.waiting++;
    } else exchange.timeOut(`no answer to the ${this.busy.length + this.waiting} requests before this one`);
    return exchange;
  }

  wire(request: CustomerRequest): Wire {
    const { slot } = request;
    if (slot === undefined) return this.write(request);
    return (this.wires[slot] ??= this.write(request));
  }

  retry(exchange: Exchange): void {
    this.drop(exchange);
    this.begin(exchange, this.connection());
  }

  release(exchange: Exchange, reusable: boolean): void {
    const { connection } = exchange;
    if (connection === null) {
      // It ended while it waited, so it is skipped when its turn comes.
      return;
    }
    if (reusable && !this.retired) {
      connection.free();
      this.leave(connection);
      exchange.connection = null;
      this.idle.push(connection);
    } else this.drop(exchange);
    this.next();
  }

  /** Accepts no more requests. Those in progress may finish; idle connections are closed. */
  retire(): void {
    this.retired = true;
    for (const connection of this.idle.splice(0)) connection.destroy();
  }

  /** Closes every connection now. Requests in progress get no result. */
  destroy(): void {
    this.retire();
    for (const connection of this.busy) connection.destroy();
  }

  private write(request: CustomerRequest): Wire {
    const { authority, basePath } = this.target;
    const text = writeRequest(request, authority, basePath, this.parts.userAgent);
    return { text, encoding: ASCII.test(text) ? 'latin1' : 'utf8' };
  }

  private connection(): Connection {
    return new Connection(this.dialer, (lost) => {
      const index = this.idle.indexOf(lost);
      if (index >= 0) this.idle.splice(index, 1);
    });
  }

  private begin(exchange: Exchange, connection: Connection): void {
    connection.slot = this.busy.push(connection) - 1;
    exchange.start(connection);
  }

  /** Removes a connection from those in use: the last one takes its place. */
  private leave(connection: Connection): void {
    const last = this.busy.pop()!;
    if (last !== connection) {
      this.busy[connection.slot] = last;
      last.slot = connection.slot;
    }
    connection.slot = -1;
  }

  private drop(exchange: Exchange): void {
    const { connection } = exchange;
    if (connection === null) return;
    exchange.connection = null;
    this.leave(connection);
    connection.destroy();
  }

  private next(): void {
    while (this.waiting > 0 && this.busy.length < this.bounds.maxInFlight) {
      const exchange = this.queue.shift()!;
      this.waiting--;
      if (exchange.finished) continue;
      // Its turn came when the previous answer arrived, not when the prober noticed.
      exchange.ownUs += this.watch.doubtUs;
      this.begin(exchange, this.idle.pop() ?? this.connection());
    }
  }
}

import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import type { RenderedRequest } from '#scenario';
import { Deque } from '../deque.js';
import { Connection } from './connection.js';
import { Exchange, type ExchangeResult } from './exchange.js';
import { MemoryBudget } from './memory-budget.js';

export interface EndpointLimits {
  /** Requests on the wire at once, each on a connection of its own. */
  maxInFlight: number;
  /** Requests that wait for one of those. One more fails at once as `timeout`. */
  maxQueued: number;
  /** Longest answer, in bytes. */
  maxBodyBytes: number;
  /** Bytes of unfinished answers held for this endpoint. */
  maxHeldBytes: number;
}

/**
 * One team's service. Whatever it does, it can use up no more than its own connections, queue and memory, and it
 * never delays another endpoint.
 */
export class Endpoint {
  readonly #origin: string;
  readonly #basePath: string;
  readonly #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();
  readonly #queue = new Deque<Exchange>();
  readonly #memory: MemoryBudget;
  #waiting = 0;
  #retired = false;

  /** @param url http(s), maybe with a path that every check's path is appended to. @throws TypeError otherwise. */
  constructor(
    readonly url: string,
    private readonly limits: EndpointLimits,
    private readonly connect: (onSocket: (socket: Socket) => void) => buildConnector.connector,
    totalMemory?: MemoryBudget,
  ) {
    const parsed = new URL(url);
    if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
      throw new TypeError('the endpoint is neither http nor https');
    this.#origin = parsed.origin;
    this.#basePath = parsed.pathname.replace(/\/+$/, '');
    this.#memory = new MemoryBudget(limits.maxHeldBytes, totalMemory);
  }

  get inFlight(): number {
    return this.#busy.size;
  }

  get queued(): number {
    return this.#waiting;
  }

  /** Bytes of answers held now. */
  get heldBytes(): number {
    return this.#memory.used;
  }

  /** Sends now, or as soon as one of the requests before it is done. `onDone` is called once, maybe at once. */
  send(request: RenderedRequest, onDone: (result: ExchangeResult) => void): Exchange {
    const exchange = new Exchange(request, this.limits.maxBodyBytes, this.#memory, this, onDone);
    if (this.#busy.size < this.limits.maxInFlight)
      this.#begin(exchange, this.#idle.pop() ?? this.#connection());
    else if (this.#waiting < this.limits.maxQueued) {
      this.#queue.push(exchange);
      this.#waiting++;
    } else exchange.timeOut(`no answer to the ${this.#busy.size + this.#waiting} requests before this one`);
    return exchange;
  }

  /** For `Exchange`: the idle connection was gone; once more on one that never served. */
  retry(exchange: Exchange): void {
    this.#drop(exchange);
    this.#begin(exchange, this.#connection());
  }

  /** For `Exchange`: it is done with its connection, if it got one. */
  release(exchange: Exchange, reusable: boolean): void {
    const { connection } = exchange;
    if (connection === null) {
      // It ended while it waited; it is passed over when its turn comes.
      return;
    }
    if (reusable && !this.#retired) {
      connection.served++;
      this.#busy.delete(connection);
      exchange.connection = null;
      this.#idle.push(connection);
    } else this.#drop(exchange);
    this.#next();
  }

  /** No more requests will come. Those on the wire may finish; idle connections are closed. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  /** Closes every connection now. Requests that are under way end as failures. */
  destroy(): void {
    this.retire();
    for (const connection of this.#busy) connection.destroy();
  }

  #connection(): Connection {
    return new Connection(this.#origin, this.connect);
  }

  #begin(exchange: Exchange, connection: Connection): void {
    this.#busy.add(connection);
    exchange.start(connection, this.#basePath);
  }

  #drop(exchange: Exchange): void {
    const { connection } = exchange;
    if (connection === null) return;
    exchange.connection = null;
    this.#busy.delete(connection);
    connection.destroy();
  }

  #next(): void {
    while (this.#waiting > 0 && this.#busy.size < this.limits.maxInFlight) {
      const exchange = this.#queue.shift()!;
      this.#waiting--;
      if (!exchange.finished) this.#begin(exchange, this.#idle.pop() ?? this.#connection());
    }
  }
}

import type { Fetched, IteratorStart } from './api.js';
import { asPaydayError, kindOf, positionExpired, topicResharded } from './errors.js';
import type { ShardAccess } from './shard-access.js';

/** Clocks differ: if an iterator expires before anything was read, reading restarts this much earlier. */
const LATEST_MARGIN_MS = 60_000;

export type Start = 'earliest' | { latestAt: number } | { at: number } | { sequence: string };

/** A cursor in one shard. Its iterator is renewed from the last record when it expires. */
export class Pull {
  private iterator: string | undefined;
  /** The record with which the next read must begin, because it identifies the place. */
  private mustSee: string | undefined;

  constructor(
    private readonly access: ShardAccess,
    private start: Start,
  ) {}

  /** The last record read; 0 before the very first record, undefined if not known. */
  get sequence(): bigint | undefined {
    if (this.start === 'earliest') return 0n;
    return 'sequence' in this.start ? BigInt(this.start.sequence) : undefined;
  }

  /** Fixes the place. @throws the client's errors. */
  async open(): Promise<void> {
    this.iterator = await this.access.iterator(this.iteratorStart());
    this.mustSee =
      typeof this.start === 'object' && 'sequence' in this.start ? this.start.sequence : undefined;
  }

  /** The next records. @throws PaydayError; then the cursor has not moved. */
  async next(limit?: number): Promise<Fetched> {
    for (let renewed = false; ; renewed = true) {
      try {
        if (this.iterator === undefined) await this.open();
        return this.moved(await this.access.fetch(this.iterator!, limit));
      } catch (error) {
        if (kindOf(error) !== 'expired' || renewed) throw asPaydayError(error, this.access.doing);
        if (typeof this.start === 'object' && 'latestAt' in this.start)
          this.start = { at: this.start.latestAt - LATEST_MARGIN_MS };
        this.iterator = undefined;
      }
    }
  }

  /** Another cursor at the same place. */
  fork(): Pull {
    const pull = new Pull(this.access, this.start);
    pull.iterator = this.iterator;
    pull.mustSee = this.mustSee;
    return pull;
  }

  moveTo(sequence: string): void {
    this.start = { sequence };
    this.iterator = undefined;
  }

  private moved(got: Fetched): Fetched {
    const { topic, partition } = this.access;
    if (got.next === undefined) throw topicResharded(topic);
    const [first] = got.records;
    let { records } = got;
    if (this.mustSee !== undefined) {
      if (first ? first.sequence !== this.mustSee : got.behindMs === 0)
        throw positionExpired(topic, partition, this.mustSee);
      if (first) {
        records = records.slice(1);
        this.mustSee = undefined;
      }
    }
    this.iterator = got.next;
    const last = records.at(-1);
    if (last) this.start = { sequence: last.sequence };
    return { ...got, records };
  }

  private iteratorStart(): IteratorStart {
    const { start } = this;
    if (start === 'earliest') return { type: 'TRIM_HORIZON' };
    if ('latestAt' in start) return { type: 'LATEST' };
    if ('at' in start) return { type: 'AT_TIMESTAMP', at: start.at };
    return { type: 'AT_SEQUENCE_NUMBER', sequence: start.sequence };
  }
}

import { isPosition, invalidPosition, comparePositions } from '../../positions.js';
import { positionBeyondEnd } from '../../errors.js';
import type { Position, StoredRecord } from '../../port.js';
import type { ReadLimits } from '../../dispatch/log-store.js';
import type { PartitionReader } from '../../dispatch/partition-loop.js';
import { Deferred, type Clock } from '#kernel';
import { FETCH_LIMIT, type RawRecord } from './api.js';
import { findRecent } from './end-search.js';
import { countOf, partsOf, positionOf, unpack } from './envelope.js';
import { asPaydayError, kindOf } from './errors.js';
import { Pull } from './pull.js';
import type { ShardAccess } from './shard-access.js';

/** Maximum size of the window of newest records that readers share. */
const MAX_WINDOW_BYTES = 8 * 1024 * 1024;

/** The newest records, from `start` (exclusive) to `end` (inclusive), fetched once for all caught-up readers. */
class Tail {
  private window: RawRecord[] = [];
  private bytes = 0;
  private running: Promise<void> | undefined;
  isCaughtUp = false;

  constructor(
    private readonly pull: Pull,
    private start: bigint,
    private last: RawRecord | undefined,
  ) {}

  get end(): bigint {
    return this.pull.sequence!;
  }

  /** Undefined if not known. */
  get endPosition(): Position | null | undefined {
    if (this.last) return positionOf(this.last.sequence, countOf(this.last) - 1);
    return this.end === 0n ? null : undefined;
  }

  covers(sequence: bigint): boolean {
    return this.start <= sequence && sequence <= this.end;
  }

  behind(sequence: bigint): RawRecord[] {
    return this.window.filter((raw) => BigInt(raw.sequence) > sequence);
  }

  /** Fetches once; concurrent callers share the fetch. */
  more(): Promise<void> {
    this.running ??= this.fetch().finally(() => (this.running = undefined));
    return this.running;
  }

  /** Waits for a fetch that begins now or later. */
  async fresh(): Promise<void> {
    await this.running?.catch(() => {});
    await this.more();
  }

  private async fetch(): Promise<void> {
    const { records, behindMs } = await this.pull.next();
    this.isCaughtUp = behindMs === 0 && records.length < FETCH_LIMIT;
    this.last = records.at(-1) ?? this.last;
    for (const raw of records) this.bytes += raw.data.byteLength;
    this.window.push(...records);
    while (this.bytes > MAX_WINDOW_BYTES && this.window.length > 1) {
      const gone = this.window.shift()!;
      this.bytes -= gone.data.byteLength;
      this.start = BigInt(gone.sequence);
    }
  }
}

/** Reads one shard for all consumers of a log. */
export class ShardSource {
  private tail: Tail | undefined;
  private newest: Position | null = null;

  constructor(
    private readonly access: ShardAccess,
    private readonly clock: Clock,
  ) {}

  /** Records an acknowledged append. */
  noteAppended(position: Position): void {
    if (this.newest === null || comparePositions(position, this.newest) > 0) this.newest = position;
  }

  async openReader(start: Position | 'earliest' | 'latest', limits: ReadLimits): Promise<PartitionReader> {
    if (start === 'earliest') return new ShardReader(this, new Pull(this.access, 'earliest'), limits, []);
    if (start !== 'latest') return this.readerBehind(start, limits);
    const pull = new Pull(this.access, { latestAt: this.clock.nowMs() });
    try {
      await pull.open();
    } catch (error) {
      throw asPaydayError(error, this.access.doing);
    }
    return new ShardReader(this, pull, limits, []);
  }

  /** The position of the last record, as of now or later. */
  async end(): Promise<Position | null> {
    const found = (await this.endOfTail()) ?? (await this.endBehind(await this.pullNearEnd()));
    if (found !== null) this.noteAppended(found);
    return this.newest;
  }

  /** The records after the pull's place, from the cheaper source; moves the pull past them. */
  async fill(pull: Pull): Promise<StoredRecord[]> {
    const at = pull.sequence;
    let raws: RawRecord[];
    if (at !== undefined && this.tail?.covers(at)) {
      const { tail } = this;
      if (tail.end === at) await tail.more();
      if (!tail.covers(at)) return [];
      raws = tail.behind(at);
      if (raws.length > 0) pull.moveTo(raws.at(-1)!.sequence);
    } else {
      const got = await pull.next();
      raws = got.records;
      const now = pull.sequence;
      if (got.behindMs === 0 && now !== undefined && (!this.tail || this.tail.end < now))
        this.tail = new Tail(pull.fork(), now, raws.at(-1));
    }
    return raws.flatMap((raw) => unpack(raw, this.access.partition));
  }

  /** Fails for a position that the shard never had or no longer has. */
  private async readerBehind(start: Position, limits: ReadLimits): Promise<PartitionReader> {
    const { topic, partition, startSequence } = this.access;
    if (typeof start !== 'string' || !isPosition(start)) throw invalidPosition(start);
    const parts = partsOf(start);
    const never = (): Error => positionBeyondEnd(topic, partition, start, this.newest);
    if (!parts || BigInt(parts.sequence) < startSequence) throw never();
    const { sequence, index } = parts;
    let iterator: string | undefined;
    try {
      iterator = await this.access.iterator({ type: 'AT_SEQUENCE_NUMBER', sequence });
      for (;;) {
        const got = await this.access.fetch(iterator, 1);
        const [raw] = got.records;
        if (raw?.sequence === sequence) {
          const records = unpack(raw, partition);
          if (index >= records.length) throw never();
          return new ShardReader(this, new Pull(this.access, { sequence }), limits, records.slice(index + 1));
        }
        // The next read at this place reports the error.
        if (raw || got.behindMs === 0 || got.next === undefined) break;
        iterator = got.next;
      }
    } catch (error) {
      if (kindOf(error) === 'invalid') throw never();
      throw asPaydayError(error, this.access.doing);
    }
    await new Pull(this.access, { sequence }).next();
    throw never();
  }

  private async endOfTail(): Promise<Position | null | undefined> {
    const { tail } = this;
    if (!tail) return undefined;
    await tail.fresh();
    return tail.isCaughtUp ? tail.endPosition : undefined;
  }

  /** A cursor at the newest known record, or else shortly before the newest record of the shard. */
  private async pullNearEnd(): Promise<Pull> {
    if (this.newest !== null) return new Pull(this.access, { sequence: partsOf(this.newest)!.sequence });
    const at = await findRecent({
      hasRecordsSince: (since) => this.hasRecordsSince(since),
      nowMs: this.clock.nowMs(),
      firstMs: this.access.createdAt,
    });
    return new Pull(this.access, at === null ? 'earliest' : { at });
  }

  private async endBehind(pull: Pull): Promise<Position | null> {
    let last: RawRecord | undefined;
    for (;;) {
      const { records, behindMs } = await pull.next();
      last = records.at(-1) ?? last;
      if (behindMs === 0 && records.length < FETCH_LIMIT - 1) break;
    }
    return last ? positionOf(last.sequence, countOf(last) - 1) : null;
  }

  private async hasRecordsSince(at: number): Promise<boolean> {
    const pull = new Pull(this.access, { at });
    for (;;) {
      const { records, behindMs } = await pull.next(1);
      if (records.length > 0) return true;
      if (behindMs === 0) return false;
    }
  }
}

/** One consumer's position in one shard. */
class ShardReader implements PartitionReader {
  private filling: Promise<void> | undefined;

  constructor(
    private readonly source: ShardSource,
    private readonly pull: Pull,
    private readonly limits: ReadLimits,
    private pending: StoredRecord[],
  ) {}

  read(): StoredRecord[] {
    let bytes = 0;
    let count = 0;
    while (count < this.pending.length && count < this.limits.maxRecords && bytes < this.limits.maxBytes)
      bytes += this.pending[count++]!.value.byteLength;
    return this.pending.splice(0, count);
  }

  /** Fetches; records that arrive after the abort are kept for the next read. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.pending.length > 0 || signal.aborted) return;
    this.filling ??= this.source
      .fill(this.pull)
      .then((records) => void this.pending.push(...records))
      .finally(() => (this.filling = undefined));
    this.filling.catch(() => {}); // Waiters see the rejection; after an abort there are none.
    const aborted = new Deferred();
    const onAbort = (): void => aborted.resolve();
    signal.addEventListener('abort', onAbort);
    await Promise.race([this.filling, aborted.promise]).finally(() =>
      signal.removeEventListener('abort', onAbort),
    );
  }
}

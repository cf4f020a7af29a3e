import { Deferred } from '#kernel';
import type { RecordPosition } from '../../port.js';
import { wireBytes, type WireRecord } from './record-codec.js';

/** The producer identity that the brokers assigned: they drop duplicate batches by it and the sequence number. */
export interface ProducerSession {
  producerId: string;
  producerEpoch: number;
}

/** A batch holds about this many bytes, or one record. Topics that others created have a default limit of 1 048 588. */
const MAX_BATCH_BYTES = 1_000_000;
/** Sequence numbers have 31 bits and wrap to 0. */
const SEQUENCES = 2 ** 31;

/** One `append` call, resolved when each of its records has a position. */
export class AppendCall {
  private readonly settled = new Deferred<RecordPosition[]>();
  readonly positions = this.settled.promise;
  private readonly done: RecordPosition[] = [];
  private missing: number;
  /** One record was refused, so the others must not be sent: the caller will append all of them again. */
  isRejected = false;

  /** @param startedAtMs monotonic. */
  constructor(
    readonly startedAtMs: number,
    records: number,
  ) {
    this.missing = records;
  }

  reject(error: unknown): void {
    this.isRejected = true;
    this.settled.reject(error);
  }

  settle(index: number, position: RecordPosition): void {
    this.done[index] = position;
    if (--this.missing === 0) this.settled.resolve(this.done);
  }
}

interface Entry {
  record: WireRecord;
  call: AppendCall;
  /** Index within the call. */
  index: number;
}

/** Records that always travel together: brokers recognize a duplicate only if it is the same batch. */
export interface Batch {
  entries: Entry[];
  session: ProducerSession;
  firstSequence: number;
}

/** The unacknowledged records of one partition, in order; one batch at a time is in flight. */
export class Outbox {
  private queue: Entry[] = [];
  private session: ProducerSession | undefined;
  private nextSequence = 0;
  batch: Batch | undefined;
  /** Its batch is sent in a separate request, because something in a shared one was refused. */
  alone = false;

  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {}

  get isEmpty(): boolean {
    return this.batch === undefined && this.queue.length === 0;
  }

  /** When the oldest record was appended, monotonic ms; infinite if there is none. */
  get oldestMs(): number {
    return (this.batch?.entries ?? this.queue)[0]?.call.startedAtMs ?? Infinity;
  }

  add(record: WireRecord, call: AppendCall, index: number): void {
    this.queue.push({ record, call, index });
  }

  /** The batch to send: the unacknowledged one if there is one, else the next; undefined if there are no records. */
  next(session: ProducerSession): Batch | undefined {
    if (this.batch) return this.batch;
    const entries = this.cut();
    if (entries.length > 0) this.batch = this.stamp(entries, session);
    return this.batch;
  }

  /** The log holds the batch from `baseOffset` on. */
  acknowledged(baseOffset: string): void {
    const { entries } = this.batch!;
    const first = BigInt(baseOffset);
    entries.forEach(({ call, index }, i) =>
      call.settle(index, { partition: this.partition, position: String(first + BigInt(i)) }),
    );
    this.nextSequence = (this.nextSequence + entries.length) % SEQUENCES;
    this.settled();
  }

  /** Drops the next batch. Its sequence numbers may have been used, so later batches need a new session. */
  rejected(error: unknown): void {
    for (const { call } of this.batch?.entries ?? this.cut()) call.reject(error);
    this.session = undefined;
    this.settled();
  }

  /** Resends the batch in a new session, because the brokers have forgotten its session. */
  restamped(): void {
    const { entries } = this.batch!;
    this.queue = [...entries, ...this.queue];
    this.session = undefined;
    this.batch = undefined;
  }

  private settled(): void {
    this.batch = undefined;
    this.alone = false;
  }

  private cut(): Entry[] {
    this.queue = this.queue.filter(({ call }) => !call.isRejected);
    let bytes = 0;
    let count = 0;
    for (const { record } of this.queue) {
      bytes += wireBytes(record);
      if (count > 0 && bytes > MAX_BATCH_BYTES) break;
      count++;
    }
    return this.queue.splice(0, count);
  }

  private stamp(entries: Entry[], session: ProducerSession): Batch {
    if (this.session !== session) {
      this.session = session;
      this.nextSequence = 0;
    }
    return { entries, session, firstSequence: this.nextSequence };
  }
}

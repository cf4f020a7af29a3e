import type { RecordPosition } from '../../port.js';
import { wireBytes, type WireRecord } from './record-codec.js';

/** What the brokers have given us to be known by: they drop repeats of a batch by it and its sequence number. */
export interface ProducerSession {
  producerId: string;
  producerEpoch: number;
}

/** A batch holds records up to about so many bytes, or one record. The default limit of topics of others is 1 048 588. */
const MAX_BATCH_BYTES = 1_000_000;
/** Sequence numbers are 31 bits and begin again from 0. */
const SEQUENCES = 2 ** 31;

/** One `append` call, resolved when each of its records has a position. */
export class AppendCall {
  readonly positions: Promise<RecordPosition[]>;
  private readonly done: RecordPosition[] = [];
  private missing: number;
  private resolve!: (positions: RecordPosition[]) => void;
  private fail!: (error: unknown) => void;
  /** Its other records must not be sent any more: the caller will give all of them again. */
  isRejected = false;

  /** @param startedAtMs monotonic. */
  constructor(
    readonly startedAtMs: number,
    records: number,
  ) {
    this.missing = records;
    this.positions = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.fail = reject;
    });
  }

  reject(error: unknown): void {
    this.isRejected = true;
    this.fail(error);
  }

  settle(index: number, position: RecordPosition): void {
    this.done[index] = position;
    if (--this.missing === 0) this.resolve(this.done);
  }
}

interface Entry {
  record: WireRecord;
  call: AppendCall;
  /** Which of the call's records it is. */
  index: number;
}

/** Records that travel together, for ever: a repeat is recognised only if it is the same batch. */
export interface Batch {
  entries: Entry[];
  session: ProducerSession;
  firstSequence: number;
}

/** The records of one partition that are not yet acknowledged, in order; one batch of them is under way at a time. */
export class Outbox {
  private queue: Entry[] = [];
  private session: ProducerSession | undefined;
  private nextSequence = 0;
  batch: Batch | undefined;
  /** Its batch is sent in a request of its own, because something in a shared one was refused. */
  alone = false;

  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {}

  get isEmpty(): boolean {
    return this.batch === undefined && this.queue.length === 0;
  }

  /** When the oldest record was given, monotonic ms; infinite if there is none. */
  get oldestMs(): number {
    return (this.batch?.entries ?? this.queue)[0]?.call.startedAtMs ?? Infinity;
  }

  add(record: WireRecord, call: AppendCall, index: number): void {
    this.queue.push({ record, call, index });
  }

  /** The batch to send: the one that was sent before if that is not acknowledged, else the next; undefined if there are no records. */
  next(session: ProducerSession): Batch | undefined {
    if (this.batch) return this.batch;
    const entries = this.cut();
    if (entries.length > 0) this.batch = this.stamp(entries, session);
    return this.batch;
  }

  /** The batch is in the log from `baseOffset` on. */
  acknowledged(baseOffset: string): void {
    const { entries } = this.batch!;
    const first = BigInt(baseOffset);
    entries.forEach(({ call, index }, i) =>
      call.settle(index, { partition: this.partition, position: String(first + BigInt(i)) }),
    );
    this.nextSequence = (this.nextSequence + entries.length) % SEQUENCES;
    this.settled();
  }

  /** The next batch will not be sent (again). Its sequence numbers may have been used: what follows needs a new session. */
  rejected(error: unknown): void {
    for (const { call } of this.batch?.entries ?? this.cut()) call.reject(error);
    this.session = undefined;
    this.settled();
  }

  /** The brokers do not know the batch's session any more: it is sent in another. */
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

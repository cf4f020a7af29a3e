import { Deferred, partitionOf } from '#kernel';
import type { ConsumeOptions, Consumer, EventLog, EventRecord, StoredRecord } from '../port.js';

export interface EventLogFixture {
  log: EventLog;
  /**
   * Opens another log on the same medium after `log` was closed. Absent where records do not outlive their log; tests of
   * durability then check only the remaining guarantees.
   */
  reopen?(): Promise<EventLog>;
  /** Closes open logs and removes the medium. */
  dispose(): Promise<void>;
}

export type EventLogFactory = () => Promise<EventLogFixture>;

/** A log that a group of tests shares; each test creates its own topics. */
export function useLog(factory: EventLogFactory): { readonly log: EventLog } {
  let fixture: EventLogFixture | undefined;
  beforeAll(async () => {
    fixture = await factory();
  });
  afterAll(() => fixture?.dispose());
  return {
    get log() {
      return fixture!.log;
    },
  };
}

let topics = 0;

/** Creates a topic that no other test uses. */
export async function newTopic(log: EventLog, partitions = 1): Promise<string> {
  const topic = `conformance-${process.pid}-${++topics}`;
  await log.createTopics([{ topic, partitions }]);
  return topic;
}

/** A key that maps to a partition. */
export function keyIn(partition: number, partitions: number, salt = ''): string {
  for (let i = 0; ; i++) {
    const key = `key-${salt}${i}`;
    if (partitionOf(key, partitions) === partition) return key;
  }
}

export function record(key: string, value: string | Uint8Array = ''): EventRecord {
  return { key, value: typeof value === 'string' ? Buffer.from(value) : value };
}

export function textOf({ value }: { value: Uint8Array }): string {
  return Buffer.from(value).toString();
}

/** A consumer that collects the records it handled. */
export class Collector {
  readonly records: StoredRecord[] = [];
  readonly errors: unknown[] = [];
  readonly revoked: number[] = [];
  readonly consumer: Consumer;
  private readonly waiting = new Set<() => void>();

  /** Reads from the earliest record, unless told otherwise. A given `onBatch` runs before its records are collected. */
  constructor(log: EventLog, options: Partial<ConsumeOptions> & { topic: string }) {
    this.consumer = log.consume({
      startAt: () => 'earliest',
      ...options,
      onBatch: async (batch) => {
        await options.onBatch?.(batch);
        this.records.push(...batch.records);
        this.changed();
      },
      onRevoked: async (partition) => {
        await options.onRevoked?.(partition);
        this.revoked.push(partition);
        this.changed();
      },
      onError: (error) => {
        options.onError?.(error);
        this.errors.push(error);
        this.changed();
      },
    });
  }

  get texts(): string[] {
    return this.records.map(textOf);
  }

  /** Resolves when the condition holds; checks it whenever something was handled, revoked or reported. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
      look();
    });
  }

  close(): Promise<void> {
    return this.consumer.close();
  }

  private changed(): void {
    for (const look of this.waiting) look();
  }
}

/** A promise that the test settles. */
export function gate(): { opened: Promise<void>; open(): void } {
  const { promise, resolve } = new Deferred();
  return { opened: promise, open: resolve };
}

/** The code of the PaydayError with which a promise rejects, or a description of any other outcome. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'it resolved',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
}

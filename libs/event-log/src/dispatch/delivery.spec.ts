import { PaydayError, backoffMs, timersFrom } from '#kernel';
import { PoisonRecordError } from '../errors.js';
import type { EventRecord, RecordBatch, StoredRecord } from '../port.js';
import { MAX_RECORD_BYTES, DEAD_LETTER_HEADROOM_BYTES, assertRecord } from '../records.js';
import { deadLetterOf } from './dead-letter.js';
import { deliver, safeReporter, type DeliveryContext } from './delivery.js';

const recordAt = (position: number, key = 'k'): StoredRecord => ({
  key,
  value: Uint8Array.of(position),
  headers: {},
  partition: 0,
  position: String(position),
  appendedAt: 5,
});

/** A context that records its pauses instead of waiting. */
function contextOf(
  onBatch: (batch: RecordBatch) => Promise<void>,
  overrides: Partial<DeliveryContext> & { deadLetterTopic?: string } = {},
): {
  context: DeliveryContext;
  pauses: number[];
  errors: unknown[];
  letters: EventRecord[];
  abort: AbortController;
} {
  const [pauses, errors, letters] = [[] as number[], [] as unknown[], [] as EventRecord[]];
  const abort = new AbortController();
  const timers = timersFrom((ms, work) => {
    pauses.push(ms);
    queueMicrotask(work);
    return () => {};
  });
  const context: DeliveryContext = {
    topic: 't',
    partition: 0,
    options: { onBatch, deadLetterTopic: overrides.deadLetterTopic },
    timers,
    signal: abort.signal,
    report: (error) => errors.push(error),
    appendDeadLetter: async (_topic, letter) => letters.push(letter),
    ...overrides,
  };
  return { context, pauses, errors, letters, abort };
}

const handedTo =
  (handed: string[][], fails: (attempt: number) => unknown) =>
  async ({ records }: RecordBatch): Promise<void> => {
    handed.push(records.map(({ position }) => position));
    const error = fails(handed.length - 1);
    if (error) throw error;
  };

describe('deliver', () => {
  it('pauses longer after each rejection, from 50 ms to 5 s', async () => {
    const handed: string[][] = [];
    const { context, pauses, errors } = contextOf(
      handedTo(handed, (attempt) => attempt < 9 && new Error('down')),
    );
    expect(await deliver(context, [recordAt(1), recordAt(2)])).toBe(true);
    expect(handed).toEqual(Array.from({ length: 10 }, () => ['1', '2']));
    expect(pauses).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(errors).toHaveLength(9);
    expect(backoffMs(10_000)).toBe(5000);
  });

  it('a handler that throws synchronously is retried like one that rejects', async () => {
    let calls = 0;
    const { context } = contextOf(() => {
      if (calls++ === 0) throw new Error('not even a promise');
      return Promise.resolve();
    });
    expect(await deliver(context, [recordAt(1)])).toBe(true);
  });

  it('redelivers the rest of a batch without its poison, without a pause', async () => {
    const handed: string[][] = [];
    const poison = { ...recordAt(2) }; // a copy: found by its position
    const { context, pauses, letters } = contextOf(
      handedTo(handed, (attempt) => attempt === 0 && new PoisonRecordError(poison, 'unreadable')),
      { deadLetterTopic: 'd' },
    );
    expect(await deliver(context, [recordAt(1), recordAt(2), recordAt(3)])).toBe(true);
    expect(handed).toEqual([
      ['1', '2', '3'],
      ['1', '3'],
    ]);
    expect(pauses).toEqual([]);
    expect(letters.map(({ headers }) => headers!['dead_letter_reason'])).toEqual(['unreadable']);
  });

  it('a batch of poison alone is done when all of it is dead-lettered', async () => {
    const { context, letters } = contextOf(
      async ({ records }) => {
        throw new PoisonRecordError(records[0]!, 'no');
      },
      { deadLetterTopic: 'd' },
    );
    expect(await deliver(context, [recordAt(1), recordAt(2)])).toBe(true);
    expect(letters).toHaveLength(2);
  });

  it('a dead letter that cannot be written holds the partition until it can', async () => {
    const handed: string[][] = [];
    let refusals = 2;
    const { context, pauses, errors } = contextOf(
      handedTo(handed, (attempt) => attempt === 0 && new PoisonRecordError(recordAt(1), 'no')),
      {
        deadLetterTopic: 'd',
        appendDeadLetter: async () => {
          if (refusals-- > 0) throw new PaydayError('log_unavailable', 'disk full', { retryable: true });
        },
      },
    );
    expect(await deliver(context, [recordAt(1), recordAt(2)])).toBe(true);
    expect(handed).toEqual([['1', '2'], ['2']]);
    expect(pauses).toEqual([50, 100]);
    expect(errors).toHaveLength(3);
  });

  it('poison that is not in the batch is reported and retried, never dropped', async () => {
    const handed: string[][] = [];
    const { context, errors, letters } = contextOf(
      handedTo(handed, (attempt) => attempt === 0 && new PoisonRecordError(recordAt(7), 'no')),
      { deadLetterTopic: 'd' },
    );
    expect(await deliver(context, [recordAt(1)])).toBe(true);
    expect(handed).toEqual([['1'], ['1']]);
    expect(letters).toEqual([]);
    expect(errors.map((error) => (error as PaydayError).code)).toEqual([
      'poison_record',
      'poison_not_in_batch',
    ]);
  });

  it('does not redeliver once aborted; a handler that is running then counts if it resolves', async () => {
    const handed: string[][] = [];
    const failing = contextOf(
      handedTo(handed, () => new PoisonRecordError(recordAt(1), 'no')),
      {
        deadLetterTopic: 'd',
      },
    );
    failing.abort.abort();
    expect(await deliver(failing.context, [recordAt(1)])).toBe(false);
    expect(handed).toEqual([]);
    const during = contextOf(async () => {
      during.abort.abort();
      throw new PoisonRecordError(recordAt(1), 'no');
    });
    expect(await deliver(during.context, [recordAt(1)])).toBe(false);
    expect(during.letters).toEqual([]);
    const last = contextOf(async () => last.abort.abort());
    expect(await deliver(last.context, [recordAt(1)])).toBe(true);
  });
});

describe('dead letters', () => {
  it('of the largest record with the longest reason can be stored', () => {
    const poison = { ...recordAt(1, 'k'), value: new Uint8Array(MAX_RECORD_BYTES - 1) };
    assertRecord('t', poison);
    const letter = deadLetterOf('t'.repeat(128), { ...poison, key: '游'.repeat(341) }, '游'.repeat(100_000));
    assertRecord('d', letter, MAX_RECORD_BYTES + DEAD_LETTER_HEADROOM_BYTES);
  });
});

it('an onError that throws is harmless', () => {
  const report = safeReporter(() => {
    throw new Error('logging is broken');
  });
  report(new Error('x'));
  safeReporter(undefined)(new Error('x'));
});

import type { StoredRecord } from '../port.js';
import { readRange, readRanges } from '../read-range.js';
import {
  Collector,
  codeOf,
  gate,
  keyIn,
  newTopic,
  record,
  textOf,
  useLog,
  type EventLogFactory,
} from './fixture.js';

async function textsOf(records: AsyncIterable<StoredRecord>): Promise<string[]> {
  const texts: string[] = [];
  for await (const each of records) texts.push(textOf(each));
  return texts;
}

/** The guarantees of `Consumer.caughtUp`, of reading some partitions, and of `readRange` and `readRanges`. */
export function describeReading(factory: EventLogFactory): void {
  describe('reading up to the end', () => {
    const shared = useLog(factory);

    it('caughtUp resolves when everything in the log has been handled, in every partition', async () => {
      const { log } = shared;
      const topic = await newTopic(log, 2);
      await log.append(topic, [record(keyIn(0, 2), 'a'), record(keyIn(1, 2), 'b'), record(keyIn(1, 2), 'c')]);
      const held = gate();
      const collector = new Collector(log, { topic, maxBatchRecords: 1, onBatch: () => held.opened });
      let isCaughtUp = false;
      const caughtUp = collector.consumer.caughtUp().then(() => (isCaughtUp = true));
      await collector.consumer.ready;
      expect(isCaughtUp).toBe(false);
      held.open();
      await caughtUp;
      expect([...collector.texts].sort()).toEqual(['a', 'b', 'c']);
      // Nothing is left to read, so a second call resolves as well.
      await collector.consumer.caughtUp();
      await log.append(topic, [record(keyIn(0, 2), 'd')]);
      await collector.consumer.caughtUp();
      expect(collector.texts).toHaveLength(4);
      await collector.close();
    });

    it('caughtUp resolves for an empty topic, for dead letters, and for a consumer that begins at the end', async () => {
      const { log } = shared;
      const topic = await newTopic(log);
      const empty = new Collector(log, { topic });
      await empty.consumer.caughtUp();
      await empty.close();
      const [appended] = await log.append(topic, [record('k', 'a')]);
      const late = new Collector(log, { topic, startAt: () => appended!.position });
      await late.consumer.caughtUp();
      await late.close();
      expect(late.records).toEqual([]);
    });

    it('caughtUp rejects when the consumer closes before', async () => {
      const { log } = shared;
      const topic = await newTopic(log);
      await log.append(topic, [record('k', 'a')]);
      const failing = new Collector(log, { topic, onBatch: () => Promise.reject(new Error('no')) });
      const code = codeOf(failing.consumer.caughtUp());
      await failing.until(() => failing.errors.length > 0);
      await failing.close();
      expect(await code).toBe('log_closed');
    });

    it('a consumer of some partitions reads only these, and belongs to no group', async () => {
      const { log } = shared;
      const topic = await newTopic(log, 3);
      await log.append(
        topic,
        [0, 1, 2].map((partition) => record(keyIn(partition, 3), String(partition))),
      );
      const collector = new Collector(log, { topic, partitions: [1] });
      await collector.consumer.caughtUp();
      expect(collector.texts).toEqual(['1']);
      await collector.close();
      expect(collector.revoked).toEqual([1]);
      const refused = new Collector(log, { topic, partitions: [1], group: 'g' });
      expect(await codeOf(refused.consumer.ready)).toBe('invalid_options');
    });

    it('readRange: the records after `from` up to and including `to`, in order', async () => {
      const { log } = shared;
      const topic = await newTopic(log, 2);
      const key = keyIn(1, 2);
      const texts = Array.from({ length: 2500 }, (_, i) => String(i));
      const appended = await log.append(
        topic,
        texts.map((text) => record(key, text)),
      );
      const at = (i: number): string => appended[i]!.position;
      const range = { topic, partition: 1 };
      expect(await textsOf(readRange(log, { ...range, to: at(2499) }))).toEqual(texts);
      expect(await textsOf(readRange(log, { ...range, from: at(9), to: at(12) }))).toEqual([
        '10',
        '11',
        '12',
      ]);
      expect(await textsOf(readRange(log, { ...range, from: at(12), to: at(12) }))).toEqual([]);
      expect(await textsOf(readRange(log, { ...range, to: null }))).toEqual([]);
      // The log can close, so a reader that stops early leaves no consumer behind.
      for await (const first of readRange(log, { ...range, to: at(2499) })) {
        expect(textOf(first)).toBe('0');
        break;
      }
    });

    it('readRange refuses a range that the log does not hold', async () => {
      const { log } = shared;
      const topic = await newTopic(log);
      const other = await newTopic(log);
      const appended = await log.append(other, [record('k', 'a'), record('k', 'b')]);
      const { position } = appended[1]!;
      const read = (range: { topic: string; from?: string; to: string }): Promise<string> =>
        codeOf(textsOf(readRange(log, { partition: 0, ...range })));
      expect(await read({ topic, to: position })).toBe('position_beyond_end');
      expect(await read({ topic: `${topic}-unknown`, to: position })).toBe('unknown_topic');
      expect(await read({ topic: other, from: 'x', to: position })).toBe('invalid_position');
    });

    it('readRanges: several partitions at once, each in order; an error in the loop ends the reading', async () => {
      const { log } = shared;
      const topic = await newTopic(log, 2);
      const records = Array.from({ length: 40 }, (_, i) => record(keyIn(i % 2, 2), String(i)));
      await log.append(topic, records);
      const ranges = (await log.endPositions(topic)).map((to, partition) => ({ partition, to }));
      const read: number[][] = [[], []];
      for await (const batch of readRanges(log, { topic, ranges, maxBatchRecords: 3 })) {
        expect(batch.records.length).toBeLessThanOrEqual(3);
        read[batch.partition]!.push(...batch.records.map((each) => Number(textOf(each))));
      }
      expect(read).toEqual([0, 1].map((odd) => Array.from({ length: 20 }, (_, i) => 2 * i + odd)));
      const failing = async (): Promise<void> => {
        for await (const _ of readRanges(log, { topic, ranges })) throw new Error('enough');
      };
      await expect(failing()).rejects.toThrow('enough');
    });
  });
}

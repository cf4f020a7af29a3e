import { PoisonRecordError } from '../errors.js';
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

const texts = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i));

/** The guarantees of a single consumer. */
export function describeDelivery(factory: EventLogFactory): void {
  describe('delivery', () => {
    const shared = useLog(factory);

    it('at least once: a rejected batch is redelivered, in order, before any later record', async () => {
      const { log } = shared;
      const topic = await newTopic(log);
      await log.append(
        topic,
        texts(0, 30).map((text) => record('k', text)),
      );
      let rejections = 0;
      const collector = new Collector(log, {
        topic,
        maxBatchRecords: 10,
        onBatch: async ({ records }) => {
          if (textOf(records[0]!) === '10' && rejections++ < 2) {
            records.reverse().pop(); // a handler may change its array
            throw new Error('database is down');
          }
        },
      });
      await collector.until(() => collector.records.length >= 30);
      await collector.close();
      expect(collector.texts).toEqual(texts(0, 30));
      expect(collector.errors.map(String)).toEqual(['Error: database is down', 'Error: database is down']);
    });

    it('at least once: records that were unhandled when a consumer closed go to the next one', async () => {
      const { log } = shared;
      const topic = await newTopic(log);
      await log.append(
        topic,
        texts(0, 5).map((text) => record('k', text)),
      );
      const first = new Collector(log, { topic, onBatch: () => Promise.reject(new Error('no')) });
      await first.until(() => first.errors.length > 0);
      await first.close();
      const second = new Collector(log, { topic });
      await second.until(() => second.records.length >= 5);
      await second.close();
      expect(first.records).toEqual([]);
      expect(second.texts).toEqual(texts(0, 5));
    });

    it('replay: a consumer begins after the position of any record', async () => {
      const { log } = shared;
      const topic = await newTopic(log);
      const appended = await log.append(
        topic,
        texts(0, 12).map((text) => record('k', text)),
      );
      for (const [i, { position }] of appended.entries()) {
        const collector = new Collector(log, { topic, startAt: async () => position });
        await collector.consumer.ready;
        await collector.until(() => collector.records.length >= 11 - i);
        await collector.close();
        expect(collector.texts).toEqual(texts(i + 1, 12));
      }
    });

    it('earliest begins at the first record; latest sees exactly the records appended once it is ready', async () => {
      const { log } = shared;
      const topic = await newTopic(log, 2);
      const keys = [keyIn(0, 2), keyIn(1, 2)];
      await log.append(
        topic,
        keys.map((key) => record(key, 'old')),
      );
      const latest = new Collector(log, { topic, startAt: () => 'latest' });
      await latest.consumer.ready;
      await log.append(
        topic,
        keys.map((key) => record(key, 'new')),
      );
      const earliest = new Collector(log, { topic });
      await Promise.all([
        latest.until(() => latest.records.length >= 2),
        earliest.until(() => earliest.records.length >= 4),
      ]);
      await Promise.all([latest.close(), earliest.close()]);
      expect(latest.texts).toEqual(['new', 'new']);
      expect(earliest.texts.sort()).toEqual(['new', 'new', 'old', 'old']);
    });

    it('a position beyond the end is refused, because it means that the log was replaced', async () => {
      const { log } = shared;
      const topic = await newTopic(log);
      await log.append(topic, [record('k')]);
      const beyond = new Collector(log, { topic, startAt: () => '99999999999' });
      expect(await codeOf(beyond.consumer.ready)).toBe('position_beyond_end');
      const none = new Collector(log, { topic, startAt: () => 'yesterday' });
      expect(await codeOf(none.consumer.ready)).toBe('invalid_position');
    });

    it('startAt is retried when it fails, and reading then begins', async () => {
      const { log } = shared;
      const topic = await newTopic(log);
      await log.append(topic, [record('k', 'x')]);
      let asked = 0;
      const collector = new Collector(log, {
        topic,
        startAt: () => (asked++ === 0 ? Promise.reject(new Error('no database yet')) : 'earliest'),
      });
      await collector.consumer.ready;
      await collector.until(() => collector.records.length >= 1);
      await collector.close();
      expect(asked).toBe(2);
      expect(collector.errors.map(String)).toEqual(['Error: no database yet']);
    });

    it('backpressure: a partition’s next batch waits for its handler, while other partitions continue', async () => {
      const { log } = shared;
      const topic = await newTopic(log, 2);
      const [slow, fast] = [keyIn(0, 2), keyIn(1, 2)];
      const held = gate();
      const begun: string[] = [];
      const collector = new Collector(log, {
        topic,
        maxBatchRecords: 5,
        onBatch: async ({ partition, records }) => {
          if (partition !== 0) return;
          begun.push(textOf(records[0]!));
          await held.opened;
        },
      });
      await log.append(
        topic,
        texts(0, 20).map((text) => record(slow, text)),
      );
      for (let round = 1; round <= 10; round++) {
        await log.append(
          topic,
          texts(0, 5).map((text) => record(fast, text)),
        );
        await collector.until(() => collector.records.length >= round * 5);
      }
      expect(begun).toEqual(['0']);
      held.open();
      await collector.until(() => collector.records.length >= 70);
      await collector.close();
      expect(collector.records.filter(({ partition }) => partition === 0).map(textOf)).toEqual(texts(0, 20));
    });

    it('batches hold at least one record and at most maxBatchRecords, of one partition', async () => {
      const { log } = shared;
      const topic = await newTopic(log, 3);
      await log.append(
        topic,
        texts(0, 100).map((text) => record(`k${text}`, text)),
      );
      const sizes: number[] = [];
      const collector = new Collector(log, {
        topic,
        maxBatchRecords: 7,
        onBatch: async (batch) => {
          expect(batch.topic).toBe(topic);
          expect(batch.records.every(({ partition }) => partition === batch.partition)).toBe(true);
          sizes.push(batch.records.length);
        },
      });
      await collector.until(() => collector.records.length >= 100);
      await collector.close();
      expect(collector.errors).toEqual([]);
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(1);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(7);
    });

    it('records stay valid after their handler has resolved', async () => {
      const { log } = shared;
      const topic = await newTopic(log);
      const value = (i: number): Uint8Array => new Uint8Array(i % 3 === 0 ? 40_000 : 300).fill(i);
      await log.append(
        topic,
        texts(0, 120).map((_, i) => record('k', value(i))),
      );
      const collector = new Collector(log, { topic, maxBatchRecords: 9 });
      await collector.until(() => collector.records.length >= 120);
      await log.append(
        topic,
        texts(0, 120).map(() => record('k', new Uint8Array(40_000).fill(255))),
      );
      await collector.until(() => collector.records.length >= 240);
      await collector.close();
      collector.records
        .slice(0, 120)
        .forEach((read, i) => expect(Buffer.compare(read.value, value(i))).toBe(0));
    });

    it('poison: the record goes to the dead-letter topic with the reason, and its partition continues', async () => {
      const { log } = shared;
      const [topic, letters] = [await newTopic(log), await newTopic(log)];
      const headers = { ce_type: 'nobody knows' };
      await log.append(topic, [
        record('k', 'a'),
        { ...record('käy', 'bad'), headers },
        record('k', 'b'),
        record('k', 'worse'),
      ]);
      const collector = new Collector(log, {
        topic,
        deadLetterTopic: letters,
        onBatch: async ({ records }) => {
          const poison = records.find((one) => ['bad', 'worse'].includes(textOf(one)));
          if (poison) throw new PoisonRecordError(poison, `cannot read "${textOf(poison)}"`);
        },
      });
      await log.append(topic, [record('k', 'c')]);
      await collector.until(() => collector.texts.includes('c'));
      await collector.close();
      expect(collector.texts).toEqual(['a', 'b', 'c']);
      expect(collector.errors).toHaveLength(2);
      const operator = new Collector(log, { topic: letters });
      await operator.until(() => operator.records.length >= 2);
      await operator.close();
      expect(operator.texts).toEqual(['bad', 'worse']);
      const [letter] = operator.records;
      expect(letter!.key).toBe(topic);
      expect(letter!.headers).toMatchObject({
        ...headers,
        dead_letter_topic: topic,
        dead_letter_partition: '0',
        dead_letter_key: 'käy',
        dead_letter_reason: 'cannot read "bad"',
      });
      expect(letter!.headers['dead_letter_position']).toMatch(/^\d+$/);
    });

    it('poison without a dead-letter topic is redelivered repeatedly, and reported to onError', async () => {
      const { log } = shared;
      const topic = await newTopic(log);
      await log.append(topic, [record('k', 'bad'), record('k', 'good')]);
      let fixed = false;
      const collector = new Collector(log, {
        topic,
        onBatch: async ({ records }) => {
          if (!fixed) throw new PoisonRecordError(records[0]!, 'unreadable');
        },
      });
      await collector.until(() => collector.errors.length >= 3);
      expect(collector.records).toEqual([]);
      fixed = true;
      await collector.until(() => collector.records.length >= 2);
      await collector.close();
      expect(collector.texts).toEqual(['bad', 'good']);
    });
  });
}

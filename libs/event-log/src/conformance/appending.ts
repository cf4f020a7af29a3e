import { partitionOf } from '#kernel';
import { comparePositions } from '../positions.js';
import { MAX_KEY_BYTES, MAX_RECORD_BYTES } from '../records.js';
import {
  Collector,
  codeOf,
  keyIn,
  newTopic,
  record,
  textOf,
  useLog,
  type EventLogFactory,
} from './fixture.js';

/** The guarantees of `append`, `createTopics`, `partitions` and `endPositions`. */
export function describeAppending(factory: EventLogFactory): void {
  describe('appending', () => {
    const shared = useLog(factory);

    it('order per key: records are read in the order of the append calls, and of each call’s array', async () => {
      const { log } = shared;
      const topic = await newTopic(log, 4);
      const keys = ['red', 'green', 'blue', 'black', 'white'];
      const calls = Array.from({ length: 60 }, (_, call) =>
        keys.map((key, i) => record(key, `${key} ${call * 10 + i}`)),
      );
      // Not awaited one by one: the order of the calls counts, not the order of their acknowledgements.
      await Promise.all(calls.map((records) => log.append(topic, records)));
      const all = calls.flat();
      const collector = new Collector(log, { topic, maxBatchRecords: 7 });
      await collector.until(() => collector.records.length >= all.length);
      await collector.close();
      for (const key of keys)
        expect(collector.records.filter((read) => read.key === key).map(textOf)).toEqual(
          all.filter((sent) => sent.key === key).map(textOf),
        );
    });

    it('positions rise within a partition, are acknowledged per record, and match what readers see', async () => {
      const { log } = shared;
      const topic = await newTopic(log, 3);
      const records = Array.from({ length: 50 }, (_, i) => record(`k${i}`, `${i}`));
      const acknowledged = (await Promise.all(records.map((one) => log.append(topic, [one])))).flat();
      acknowledged.forEach(({ partition }, i) => expect(partition).toBe(partitionOf(records[i]!.key, 3)));
      const collector = new Collector(log, { topic });
      await collector.until(() => collector.records.length >= records.length);
      await collector.close();
      for (const read of collector.records)
        expect(acknowledged[Number(textOf(read))]).toEqual({
          partition: read.partition,
          position: read.position,
        });
      for (const partition of [0, 1, 2]) {
        const positions = collector.records
          .filter((read) => read.partition === partition)
          .map(({ position }) => position);
        for (let i = 1; i < positions.length; i++)
          expect(comparePositions(positions[i - 1]!, positions[i]!)).toBeLessThan(0);
        expect((await log.endPositions(topic))[partition]).toBe(positions.at(-1) ?? null);
      }
    });

    it('end positions: null where a partition has no record', async () => {
      const { log } = shared;
      const topic = await newTopic(log, 2);
      expect(await log.endPositions(topic)).toEqual([null, null]);
      const [appended] = await log.append(topic, [record(keyIn(1, 2))]);
      expect(await log.endPositions(topic)).toEqual([null, appended!.position]);
    });

    it('large batches: 5000 records of 8 MB in one call arrive whole and in order', async () => {
      const { log } = shared;
      const topic = await newTopic(log, 4);
      const records = Array.from({ length: 5000 }, (_, i) => {
        const value = new Uint8Array(1600).fill(i % 251);
        new DataView(value.buffer).setUint32(0, i);
        return record(`team-${i % 40}`, value);
      });
      const acknowledged = await log.append(topic, records);
      expect(acknowledged).toHaveLength(records.length);
      const collector = new Collector(log, { topic });
      await collector.until(() => collector.records.length >= records.length);
      await collector.close();
      const last = new Map<string, number>();
      for (const { key, value } of collector.records) {
        const i = new DataView(value.buffer, value.byteOffset).getUint32(0);
        expect(i).toBeGreaterThan(last.get(key) ?? -1);
        last.set(key, i);
        if (Buffer.compare(value, records[i]!.value) !== 0) throw new Error(`record ${i} was changed`);
      }
    });

    it('unicode keys, headers and every byte of values come back exactly', async () => {
      const { log } = shared;
      const topic = await newTopic(log, 2);
      const at = Date.now();
      const keys = [
        '游戏/队伍',
        '🦄',
        'e\u0301',
        '\u00e9',
        'a\u0000b',
        ' ',
        '\ufeffx',
        'ñ'.repeat(MAX_KEY_BYTES / 2),
      ];
      const everyByte = Uint8Array.from({ length: 512 }, (_, i) => i);
      const headers = { ce_type: 'dev.payday.🦄', empty: '', näme: 'wërt\n' };
      const sent = [
        ...keys.map((key) => ({ key, value: everyByte, headers })),
        { key: 'nothing', value: new Uint8Array(0) },
      ];
      await log.append(topic, sent);
      const collector = new Collector(log, { topic });
      await collector.until(() => collector.records.length >= sent.length);
      await collector.close();
      for (const { key, value, ...rest } of sent) {
        const read = collector.records.find((one) => one.key === key);
        expect(read?.headers).toEqual('headers' in rest ? rest.headers : {});
        expect(Buffer.compare(read!.value, value)).toBe(0);
        expect(Math.abs(read!.appendedAt - at)).toBeLessThan(60_000);
      }
    });

    it('the log owns an appended value: changing the array afterwards changes no record', async () => {
      const { log } = shared;
      const topic = await newTopic(log);
      const value = Uint8Array.of(1, 2, 3);
      const appending = log.append(topic, [{ key: 'k', value }]);
      value.fill(9);
      await appending;
      const collector = new Collector(log, { topic });
      await collector.until(() => collector.records.length >= 1);
      await collector.close();
      expect([...collector.records[0]!.value]).toEqual([1, 2, 3]);
    });

    it('topic mismatch: another number of partitions is refused, the same is harmless', async () => {
      const { log } = shared;
      const topic = await newTopic(log, 3);
      await log.append(topic, [record('k')]);
      await log.createTopics([{ topic, partitions: 3 }]);
      const other = `${topic}-other`;
      expect(
        await codeOf(
          log.createTopics([
            { topic: other, partitions: 1 },
            { topic, partitions: 4 },
          ]),
        ),
      ).toBe('topic_mismatch');
      expect(await log.partitions(topic)).toBe(3);
      expect((await log.endPositions(topic)).filter((end) => end !== null)).toHaveLength(1);
      expect(await codeOf(log.createTopics([{ topic: 'no spaces', partitions: 1 }]))).toBe('invalid_topic');
      expect(await codeOf(log.createTopics([{ topic: other, partitions: 0 }]))).toBe('invalid_topic');
    });

    it('unknown topic: every use of it is refused', async () => {
      const { log } = shared;
      const topic = 'conformance-never-made';
      expect(await codeOf(log.partitions(topic))).toBe('unknown_topic');
      expect(await codeOf(log.endPositions(topic))).toBe('unknown_topic');
      expect(await codeOf(log.append(topic, [record('k')]))).toBe('unknown_topic');
      expect(await codeOf(new Collector(log, { topic }).consumer.ready)).toBe('unknown_topic');
      const known = await newTopic(log);
      const withoutLetters = new Collector(log, { topic: known, deadLetterTopic: topic });
      expect(await codeOf(withoutLetters.consumer.ready)).toBe('unknown_topic');
    });

    it('a record that is too large or malformed is refused, and none of its call is appended', async () => {
      const { log } = shared;
      const topic = await newTopic(log);
      const good = record('k');
      const refused = (bad: { key: string; value: Uint8Array }): Promise<string> =>
        codeOf(log.append(topic, [good, bad]));
      expect(await refused(record('k', new Uint8Array(MAX_RECORD_BYTES)))).toBe('record_too_large');
      expect(await refused(record(''))).toBe('invalid_record');
      expect(await refused(record('ñ'.repeat(MAX_KEY_BYTES / 2 + 1)))).toBe('invalid_record');
      expect(await refused(record('\ud800'))).toBe('invalid_record');
      expect(await log.endPositions(topic)).toEqual([null]);
      await log.append(topic, [record('k', new Uint8Array(MAX_RECORD_BYTES - 1))]);
      await log.append(topic, []);
    });
  });
}

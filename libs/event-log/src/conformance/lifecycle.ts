import type { EventLog } from '../port.js';
import {
  Collector,
  codeOf,
  gate,
  newTopic,
  record,
  type EventLogFactory,
  type EventLogFixture,
} from './fixture.js';

/** The guarantees of closing and reopening. Each test has its own medium. */
export function describeLifecycle(factory: EventLogFactory): void {
  describe('life cycle', () => {
    const fixtures: EventLogFixture[] = [];
    const open = async (): Promise<EventLogFixture> => {
      const fixture = await factory();
      fixtures.push(fixture);
      return fixture;
    };
    afterEach(async () => {
      await Promise.all(fixtures.splice(0).map((fixture) => fixture.dispose()));
    });

    it('durable when acknowledged: records outlive their writer, and positions continue after them', async () => {
      const fixture = await open();
      const topic = await newTopic(fixture.log, 2);
      const written = await fixture.log.append(topic, [
        record('a', 'one'),
        record('b', 'two'),
        record('a', 'three'),
      ]);
      let log: EventLog = fixture.log;
      if (fixture.reopen) {
        await log.close();
        log = await fixture.reopen();
      }
      const more = await log.append(topic, [record('a', 'four')]);
      const collector = new Collector(log, { topic });
      await collector.until(() => collector.records.length >= 4);
      await collector.close();
      expect(collector.texts.sort()).toEqual(['four', 'one', 'three', 'two']);
      expect(collector.records.map(({ position, partition }) => `${partition}/${position}`).sort()).toEqual(
        [...written, ...more].map(({ position, partition }) => `${partition}/${position}`).sort(),
      );
      expect(await log.partitions(topic)).toBe(2);
    });

    it('clean shutdown: close waits for running handlers, which may append, and for appends', async () => {
      const { log } = await open();
      const topic = await newTopic(log);
      const other = await newTopic(log);
      const held = gate();
      const started = gate();
      const collector = new Collector(log, {
        topic,
        onBatch: async () => {
          started.open();
          await held.opened;
          await log.append(other, [record('k', 'said goodbye')]);
        },
      });
      await log.append(topic, [record('k')]);
      await started.opened;
      const last = log.append(topic, [record('k', 'last')]);
      let closed = false;
      const closing = log.close().then(() => {
        closed = true;
      });
      await last;
      expect(closed).toBe(false);
      held.open();
      await closing;
      expect(collector.records).toHaveLength(1);
      expect(collector.errors).toEqual([]);
      expect(collector.revoked).toEqual([0]);
    });

    it('a closed log refuses every call; closing again is harmless', async () => {
      const { log } = await open();
      const topic = await newTopic(log);
      const collector = new Collector(log, { topic });
      await Promise.all([log.close(), log.close()]);
      await log.close();
      await Promise.all([collector.close(), collector.close()]);
      await collector.consumer.ready;
      expect(await codeOf(log.append(topic, [record('k')]))).toBe('log_closed');
      expect(await codeOf(log.partitions(topic))).toBe('log_closed');
      expect(await codeOf(log.endPositions(topic))).toBe('log_closed');
      expect(await codeOf(log.createTopics([{ topic, partitions: 1 }]))).toBe('log_closed');
      expect(
        await codeOf(log.consume({ topic, startAt: () => 'earliest', onBatch: async () => {} }).ready),
      ).toBe('log_closed');
    });

    it('a closed consumer receives nothing more, while other consumers of the log read on', async () => {
      const { log } = await open();
      const topic = await newTopic(log);
      const [closes, stays] = [new Collector(log, { topic }), new Collector(log, { topic })];
      await Promise.all([closes.consumer.ready, stays.consumer.ready]);
      await closes.close();
      await log.append(topic, [record('k')]);
      await stays.until(() => stays.records.length >= 1);
      expect(closes.records).toEqual([]);
    });

    it('closing ends a consumer that is waiting to retry', async () => {
      const { log } = await open();
      const topic = await newTopic(log);
      await log.append(topic, [record('k')]);
      const collector = new Collector(log, { topic, onBatch: () => Promise.reject(new Error('never')) });
      await collector.until(() => collector.errors.length >= 2);
      await log.close();
      expect(collector.records).toEqual([]);
    });
  });
}

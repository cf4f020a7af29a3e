import type { EventLog } from '../port.js';
import { Collector, gate, keyIn, newTopic, record, textOf, useLog, type EventLogFactory } from './fixture.js';

const PARTITIONS = 4;

/** A group that stores its positions in memory, after handling, as consumers of this project do in their database. */
function newGroup(
  log: EventLog,
  topic: string,
): { join(onBatch?: () => Promise<void>): Collector; handled: string[] } {
  const stored = new Map<number, string>();
  const handled: string[] = [];
  return {
    handled,
    join: (onBatch) =>
      new Collector(log, {
        topic,
        group: 'shared',
        maxBatchRecords: 3,
        startAt: (partition) => stored.get(partition) ?? 'earliest',
        onBatch: async ({ partition, records }) => {
          await onBatch?.();
          handled.push(...records.map(textOf));
          stored.set(partition, records.at(-1)!.position);
        },
      }),
  };
}

const partitionsOf = (collector: Collector): number[] =>
  [...new Set(collector.records.map(({ partition }) => partition))].sort();

async function appendToAll(log: EventLog, topic: string, text: string): Promise<void> {
  await log.append(
    topic,
    Array.from({ length: PARTITIONS }, (_, p) => record(keyIn(p, PARTITIONS), `${text}/${p}`)),
  );
}

/** The guarantees of group members. */
export function describeGroups(factory: EventLogFactory): void {
  describe('groups', () => {
    const shared = useLog(factory);

    it('assignment: members of one group share the partitions, and each record goes to one of them', async () => {
      const { log } = shared;
      const topic = await newTopic(log, PARTITIONS);
      const group = newGroup(log, topic);
      const [a, b] = [group.join(), group.join()];
      await Promise.all([a.consumer.ready, b.consumer.ready]);
      await appendToAll(log, topic, 'x');
      await Promise.all([a.until(() => a.records.length >= 2), b.until(() => b.records.length >= 2)]);
      await Promise.all([a.close(), b.close()]);
      expect(group.handled.sort()).toEqual(['x/0', 'x/1', 'x/2', 'x/3']);
      expect([...partitionsOf(a), ...partitionsOf(b)].sort()).toEqual([0, 1, 2, 3]);
    });

    it('groups are independent, and a consumer without a group reads every partition', async () => {
      const { log } = shared;
      const topic = await newTopic(log, PARTITIONS);
      await appendToAll(log, topic, 'x');
      const readers = ['one', 'two', undefined, undefined].map(
        (group) => new Collector(log, { topic, ...(group && { group }) }),
      );
      await Promise.all(readers.map((reader) => reader.until(() => reader.records.length >= PARTITIONS)));
      await Promise.all(readers.map((reader) => reader.close()));
      for (const reader of readers) expect(partitionsOf(reader)).toEqual([0, 1, 2, 3]);
    });

    it('revocation: a joining member gets a partition only after its running handler and onRevoked finished', async () => {
      const { log } = shared;
      const topic = await newTopic(log, 2);
      const held = gate();
      const started = gate();
      const steps: string[] = [];
      const first = new Collector(log, {
        topic,
        group: 'g',
        onBatch: async ({ partition }) => {
          steps.push(`first handles ${partition}`);
          // Either partition may move, so both handlers must be running.
          if (steps.length === 2) started.open();
          await held.opened;
          steps.push(`first handled ${partition}`);
        },
        onRevoked: async (partition) => {
          await Promise.resolve();
          steps.push(`first revoked ${partition}`);
        },
      });
      await first.consumer.ready;
      await log.append(topic, [record(keyIn(0, 2)), record(keyIn(1, 2))]);
      await started.opened;
      const second = new Collector(log, {
        topic,
        group: 'g',
        onBatch: async ({ partition }) => void steps.push(`second handles ${partition}`),
      });
      await log.append(topic, [record(keyIn(0, 2)), record(keyIn(1, 2))]);
      held.open();
      await second.until(() => second.records.length > 0);
      const [moved] = partitionsOf(second);
      await Promise.all([first.close(), second.close()]);
      const ofMoved = steps.filter((step) => step.endsWith(String(moved)));
      expect(ofMoved.indexOf(`first revoked ${moved}`)).toBeGreaterThan(0);
      expect(ofMoved.indexOf(`first revoked ${moved}`)).toBe(
        ofMoved.lastIndexOf(`first handled ${moved}`) + 1,
      );
      expect(ofMoved.indexOf(`second handles ${moved}`)).toBe(ofMoved.indexOf(`first revoked ${moved}`) + 1);
      expect(first.revoked.sort()).toEqual([0, 1]);
    });

    it('a leaving member’s partitions go to the remaining members', async () => {
      const { log } = shared;
      const topic = await newTopic(log, PARTITIONS);
      const group = newGroup(log, topic);
      const stays = group.join();
      await stays.consumer.ready;
      const leaves = group.join();
      await leaves.consumer.ready;
      await leaves.close();
      expect(leaves.revoked).toHaveLength(2);
      await appendToAll(log, topic, 'after');
      await stays.until(() => stays.records.length >= PARTITIONS);
      await stays.close();
      expect(partitionsOf(stays)).toEqual([0, 1, 2, 3]);
      expect(leaves.records).toEqual([]);
    });

    it('more members than partitions: members without one are ready, and take over when another leaves', async () => {
      const { log } = shared;
      const topic = await newTopic(log);
      const group = newGroup(log, topic);
      const reads = group.join();
      await reads.consumer.ready;
      const idles = group.join();
      await idles.consumer.ready;
      await log.append(topic, [record('k', '1')]);
      await reads.until(() => reads.records.length >= 1);
      await reads.close();
      await log.append(topic, [record('k', '2')]);
      await idles.until(() => idles.records.length >= 1);
      await idles.close();
      expect(group.handled).toEqual(['1', '2']);
    });

    it('no loss and no stall across rebalances: every record is handled, in order, while members join and leave', async () => {
      const { log } = shared;
      const topic = await newTopic(log, PARTITIONS);
      const group = newGroup(log, topic);
      const rounds = 40;
      const members = [group.join(() => new Promise((resolve) => setImmediate(resolve)))];
      for (let round = 0; round < rounds; round++) {
        const appended = appendToAll(log, topic, String(round).padStart(2, '0'));
        if (round % 3 === 0) members.push(group.join());
        if (round % 4 === 3) await members.shift()!.close();
        await appended;
      }
      const total = rounds * PARTITIONS;
      await Promise.race(members.map((member) => member.until(() => new Set(group.handled).size >= total)));
      await Promise.all(members.map((member) => member.close()));
      for (let p = 0; p < PARTITIONS; p++) {
        const ofPartition = group.handled.filter((text) => text.endsWith(`/${p}`));
        // Orderly hand-overs within one process cause no duplicates either.
        expect(ofPartition).toEqual(
          Array.from({ length: rounds }, (_, round) => `${String(round).padStart(2, '0')}/${p}`),
        );
      }
    });
  });
}

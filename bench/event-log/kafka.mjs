import { openEventLog } from '#event-log';
import kafkajs from 'kafkajs';
import { WARM_SECONDS, atRate } from './rate.mjs';

const PER_SECOND = 1_000;
const PARTITIONS = 4;
const VALUE_BYTES = 200;
const keyOf = (i) => `team-${i % 40}`;

/** A value that contains its due time on this process's monotonic clock. */
function stamped(dueAt) {
  const value = Buffer.alloc(VALUE_BYTES);
  value.writeDoubleLE(dueAt);
  return value;
}

/** Records latencies after the warm-up and resolves when all records have arrived. */
class Arrivals {
  latencies = [];
  #count = 0;
  #done;
  whole = new Promise((resolve) => (this.#done = resolve));

  constructor(seconds) {
    this.total = (WARM_SECONDS + seconds) * PER_SECOND;
    this.countsFrom = performance.now() + WARM_SECONDS * 1000;
  }

  takeValue(value) {
    const dueAt = value.readDoubleLE(0);
    if (dueAt >= this.countsFrom) this.latencies.push(performance.now() - dueAt);
    if (++this.#count === this.total) this.#done();
  }
}

export async function oursThroughKafka(broker, topic, seconds) {
  const log = await openEventLog(broker.url);
  await log.createTopics([{ topic, partitions: PARTITIONS }]);
  let arrivals;
  const consumer = log.consume({
    topic,
    group: 'bench',
    startAt: () => 'latest',
    onBatch: async ({ records }) => {
      for (const { value } of records)
        arrivals.takeValue(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    },
  });
  await consumer.ready;
  arrivals = new Arrivals(seconds);
  await atRate({ perSecond: PER_SECOND, seconds }, (i, dueAt) =>
    log.append(topic, [{ key: keyOf(i), value: stamped(dueAt) }]),
  );
  await arrivals.whole;
  await log.close();
  return arrivals.latencies;
}

/**
 * The library's own producer and consumer, configured for latency: a consumer that waits as briefly as ours, and any number of
 * requests in flight, therefore without idempotence or order, which ours guarantees (with them it sends one record at a time
 * and falls behind at this rate).
 */
export async function peerThroughKafka(broker, topic, seconds) {
  const kafka = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }], waitForLeaders: true });
  await admin.disconnect();
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 });
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topics: [topic] });
  let arrivals;
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const { value } of batch.messages) arrivals.takeValue(value);
    },
  });
  await joined;
  // After joining the group, the consumer still has to fetch its offsets.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  arrivals = new Arrivals(seconds);
  await atRate({ perSecond: PER_SECOND, seconds }, (i, dueAt) =>
    producer.send({ topic, acks: -1, messages: [{ key: keyOf(i), value: stamped(dueAt) }] }),
  );
  await arrivals.whole;
  await Promise.all([consumer.disconnect(), producer.disconnect()]);
  return arrivals.latencies;
}

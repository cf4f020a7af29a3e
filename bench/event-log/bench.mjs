import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEventLog } from '#event-log';
import { brokerLacks, startBroker } from '../engines/broker.mjs';
import { ratio, summary } from '../harness/stats.mjs';
import { oursThroughKafka, peerThroughKafka } from './kafka.mjs';
import { atRate, percentile } from './rate.mjs';

export const name = 'event-log';
export const description = 'latency of a record through Kafka to its handler, and into LMDB on disk';

const PERCENTILES = [
  ['p50', 0.5],
  ['p99', 0.99],
];
const SYNC_RATE = 200;
const VALUE_BYTES = 200;

/** @param {{quick: boolean, progress: (text: string) => void}} options */
export async function* run({ quick, progress }) {
  const seconds = quick ? 5 : 20;
  const runs = quick ? 1 : 3;
  yield* disk({ seconds, runs, progress });
  const lacks = brokerLacks();
  if (lacks !== '') {
    yield { figure: 'through Kafka', unit: 'ms', ours: null, peer: null, ratio: null, skipped: lacks };
    return;
  }
  const broker = await startBroker(progress);
  try {
    yield* throughKafka({ broker, seconds, runs, progress });
  } finally {
    await broker.stop();
  }
}

/** Appends to both at the same rate; each waits for the disk. Uses the disk of the repository, because /tmp may be in memory. */
async function* disk({ seconds, runs, progress }) {
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  const folder = mkdtempSync(join(root, 'node_modules/.bench-disk-'));
  const ours = [];
  const peer = [];
  try {
    for (let turn = 1; turn <= runs; turn++) {
      progress(`LMDB, run ${turn} of ${runs}`);
      ours.push(await intoLmdb(join(folder, `lmdb-${turn}`), seconds));
      progress(`raw fdatasync, run ${turn} of ${runs}`);
      peer.push(await rawSync(join(folder, `raw-${turn}`), seconds));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  yield* figures({
    figure: `append to LMDB until it is acknowledged, ${SYNC_RATE} records/s`,
    ours,
    peer,
    name: 'write and fdatasync of the same bytes, nothing else',
    runs,
  });
}

async function intoLmdb(folder, seconds) {
  const log = await openEventLog(`lmdb:${folder}`);
  await log.createTopics([{ topic: 'bench', partitions: 4 }]);
  const value = new Uint8Array(VALUE_BYTES).fill(7);
  const latencies = await atRate({ perSecond: SYNC_RATE, seconds }, async (i) => {
    await log.append('bench', [{ key: `team-${i % 40}`, value }]);
  });
  await log.close();
  return latencies;
}

async function rawSync(file, seconds) {
  const descriptor = openSync(file, 'a');
  const value = new Uint8Array(VALUE_BYTES).fill(7);
  const latencies = await atRate({ perSecond: SYNC_RATE, seconds }, async () => {
    writeSync(descriptor, value);
    fdatasyncSync(descriptor);
  });
  closeSync(descriptor);
  return latencies;
}

async function* throughKafka({ broker, seconds, runs, progress }) {
  const ours = [];
  const peer = [];
  for (let turn = 1; turn <= runs; turn++) {
    progress(`Kafka, ours, run ${turn} of ${runs}`);
    ours.push(await oursThroughKafka(broker, `ours-${turn}`, seconds));
    progress(`Kafka, kafkajs's producer and consumer, run ${turn} of ${runs}`);
    peer.push(await peerThroughKafka(broker, `peer-${turn}`, seconds));
  }
  yield* figures({
    figure: 'append to Kafka until its handler has the record, 1,000 records/s',
    ours,
    peer,
    name: 'kafkajs, producer and consumer, maxWaitTimeInMs 100',
    runs,
  });
}

function* figures({ figure, ours, peer, name: peerName, runs }) {
  for (const [key, share] of PERCENTILES) {
    const at = (lists) => lists.map((list) => percentile(list, share));
    yield {
      figure: `${figure}, ${key}`,
      unit: 'ms',
      ours: summary(at(ours)),
      peer: { name: peerName, ...summary(at(peer)) },
      ratio: ratio(at(ours), at(peer)),
      runs,
    };
  }
}

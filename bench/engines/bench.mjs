import { TOPICS } from '#contracts';
import { ratio, summary } from '../harness/stats.mjs';
import { brokerLacks, startBroker } from './broker.mjs';
import { drain } from './measure.mjs';
import { startDatabase, startScorer } from './ours.mjs';
import { buildPeer, startPeer } from './streams-peer.mjs';
import { fill, makeTopics, openLog } from './topics.mjs';
import { latencyFigures } from './latency.mjs';

export const name = 'engines';
export const description =
  'results per CPU-second and latency through a real Kafka, beside Kafka Streams on the same records';

const PEERS = [
  { mode: 'default', label: 'Kafka Streams, RocksDB, default settings' },
  { mode: 'tuned', label: 'Kafka Streams, in-memory stores, tuned' },
  { mode: 'combining', label: 'Kafka Streams, as tuned, with the results of a record combined by hand' },
];
/** Records of one size: the number of results in the topic, and how many of them are warm-up. */
const WORKLOADS = {
  full: [
    { size: 256, label: 'packed (256 per record)', results: 24_000_000, warm: 8_000_000 },
    { size: 1, label: 'one per record', results: 1_200_000, warm: 400_000 },
  ],
  quick: [
    { size: 256, label: 'packed (256 per record)', results: 6_000_000, warm: 2_000_000 },
    { size: 1, label: 'one per record', results: 300_000, warm: 100_000 },
  ],
};
const WITHIN_MS = 600_000;
const VERSION = '4.3.1';

/** @param {{quick: boolean, progress: (text: string) => void}} options */
export async function* run({ quick, progress }) {
  const lacks = brokerLacks();
  if (lacks !== '') {
    yield { figure: 'through Kafka', unit: 'results/s', ours: null, peer: null, ratio: null, skipped: lacks };
    return;
  }
  const cannotBuild = buildPeer(progress);
  if (cannotBuild !== '') progress(`without the peer: ${cannotBuild}`);
  const broker = await startBroker(progress);
  const database = await startDatabase(progress);
  try {
    for (const workload of WORKLOADS[quick ? 'quick' : 'full'])
      yield* throughput({ workload, broker, database, runs: quick ? 1 : 3, cannotBuild, progress });
    yield* latencyFigures({ broker, database, quick, cannotBuild, progress });
  } finally {
    await database.stop();
    await broker.stop();
  }
}

async function* throughput({ workload, broker, database, runs, cannotBuild, progress }) {
  const { size, label, results, warm } = workload;
  const prefix = `size${size}.`;
  const logUrl = `${broker.url}?topicPrefix=${prefix}`;
  const log = await openLog(logUrl);
  await makeTopics(log);
  const total = await fill(log, size, results, progress);
  await log.createTopics([{ topic: 'streams-output', partitions: 1 }]);
  await log.close();

  const ours = [];
  const withDatabase = [];
  const peers = new Map(PEERS.map(({ mode }) => [mode, []]));
  for (let turn = 1; turn <= runs; turn++) {
    progress(`${label}: Payday, run ${turn} of ${runs}`);
    const scorer = await startScorer(logUrl, database);
    let databaseFrom = 0;
    const done = await drain(
      {
        processed: scorer.processed,
        cpu: () => {
          const own = scorer.cpu();
          databaseFrom = scorer.databaseCpu();
          return own + databaseFrom;
        },
      },
      warm,
      total,
      WITHIN_MS,
    ).finally(scorer.stop);
    withDatabase.push(done.results / done.cpuSeconds);
    ours.push(done.results / done.seconds);
    if (cannotBuild !== '') continue;
    for (const { mode, label: peerLabel } of PEERS) {
      progress(`${label}: ${peerLabel}, run ${turn} of ${runs}`);
      const peer = startPeer({
        bootstrap: broker.bootstrap,
        input: `${prefix}${TOPICS.probeResults}`,
        output: `${prefix}streams-output`,
        mode,
      });
      const measured = await drain(peer, warm, total, WITHIN_MS).finally(peer.stop);
      peers.get(mode).push(measured.results / measured.cpuSeconds);
    }
  }
  for (const { mode, label: peerLabel } of PEERS) {
    const values = peers.get(mode);
    yield {
      figure: `Kafka to committed ledger, ${label}, beside ${peerLabel}`,
      unit: 'results/CPU-s (scorer and PostgreSQL together; the JVM)',
      ours: summary(withDatabase),
      peer: values.length > 0 ? { name: peerLabel, version: VERSION, ...summary(values) } : null,
      ratio: values.length > 0 ? ratio(withDatabase, values) : null,
      runs,
      ...(cannotBuild === '' ? {} : { skipped: cannotBuild }),
    };
  }
  yield {
    figure: `Kafka to committed ledger, ${label}, by the clock`,
    unit: 'results/s',
    ours: summary(ours),
    peer: null,
    ratio: null,
    runs,
  };
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { TOPICS, decodeCloudEvent, encodeProbeBatch, encodeProbeBatches, teamKey } from '#contracts';
import { TokenStore, openDatabase } from '#persistence';
import { io } from 'socket.io-client';
import { SERVICES, makeColumns, teamId } from '../scoring/workload.mjs';
import { until } from '../harness/launcher.mjs';
import { ratio, summary } from '../harness/stats.mjs';
import { startService } from './ours.mjs';
import { startPeer } from './streams-peer.mjs';
import { TEAMS, makeLiveGame, openLog } from './topics.mjs';
import { randomStream } from '#kernel';

const RESULTS_PER_SECOND = 5_000;
const WARM_MS = 5_000;
const PERCENTILES = [
  ['p50', 0.5],
  ['p99', 0.99],
];

/** Latency during a game: 5,000 results a second for 40 teams, in batches as a prober sends them, and one per record. */
export async function* latencyFigures({ broker, database, quick, cannotBuild, progress }) {
  const seconds = quick ? 5 : 20;
  const runs = quick ? 1 : 3;
  for (const { label, size } of [
    { label: 'packed', size: 3 },
    { label: 'one per record', size: 1 },
  ]) {
    const everyMs = (1000 * TEAMS * SERVICES.length * size) / RESULTS_PER_SECOND;
    const committed = [];
    const screen = [];
    const peer = [];
    for (let turn = 1; turn <= runs; turn++) {
      progress(`latency, ${label}, run ${turn} of ${runs}`);
      const prefix = `live${size}-${turn}.`;
      const logUrl = `${broker.url}?topicPrefix=${prefix}`;
      const mine = await live({ logUrl, database, seconds, everyMs, size });
      committed.push(mine.committed);
      screen.push(mine.screen);
      if (cannotBuild !== '') continue;
      progress(`latency, ${label}, Kafka Streams, run ${turn} of ${runs}`);
      const input = `${prefix}${TOPICS.probeResults}`;
      peer.push(
        await livePeer({ bootstrap: broker.bootstrap, logUrl, input, prefix, seconds, everyMs, size }),
      );
    }
    for (const [key, share] of PERCENTILES) {
      const at = (lists) => lists.map((list) => percentile(list, share));
      const theirs = at(peer);
      yield {
        figure: `POST to ingest until the score is in Kafka, ${label}, ${key}`,
        unit: 'ms (the peer: append until its output is in Kafka)',
        ours: summary(at(committed)),
        peer:
          theirs.length > 0 ? { name: 'Kafka Streams, in-memory stores, tuned', ...summary(theirs) } : null,
        ratio: theirs.length > 0 ? ratio(at(committed), theirs) : null,
        runs,
      };
      yield {
        figure: `POST to ingest until the salary is at a Socket.IO client, ${label}, ${key}`,
        unit: 'ms',
        ours: summary(at(screen)),
        peer: null,
        ratio: null,
        runs,
      };
    }
  }
}

function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** The send time of each team's oldest unanswered batch. */
class Departures {
  #left = new Map();
  #latencies = [];
  #countsFrom;

  constructor(countsFrom) {
    this.#countsFrom = countsFrom;
  }

  left(team) {
    if (!this.#left.has(team)) this.#left.set(team, performance.now());
  }

  arrived(team) {
    const left = this.#left.get(team);
    if (left === undefined) return;
    this.#left.delete(team);
    if (left >= this.#countsFrom) this.#latencies.push(performance.now() - left);
  }

  get latencies() {
    if (this.#latencies.length === 0) throw new Error('nothing arrived');
    return this.#latencies;
  }
}

/** Calls `send(team)` once per period for every team, at fixed times spread over the period. */
async function schedule(seconds, everyMs, send) {
  const startAt = performance.now();
  const steps = Math.floor((WARM_MS + seconds * 1000) / everyMs) * TEAMS;
  for (let i = 0; i < steps; i++) {
    const dueAt = startAt + (i * everyMs) / TEAMS;
    const waitMs = dueAt - performance.now();
    // Yields even when it is late, because this process also records the arrivals.
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
    else if (i % 8 === 0) await nextTurn();
    send(i % TEAMS, Math.floor(i / TEAMS));
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
}

/** Created once in advance, so that the sender's own work is not measured. */
const columnsOf = new Map();

function columns(size, index) {
  if (!columnsOf.has(size)) {
    const random = randomStream('live', String(size));
    columnsOf.set(
      size,
      Array.from({ length: 97 }, () => makeColumns(random, size)),
    );
  }
  return columnsOf.get(size)[index % 97];
}

/** A team's batches for one moment, one per service. */
function batches(team, round, size, startsAt) {
  const nowMs = Date.now();
  return SERVICES.map((serviceId, s) => ({
    gameId: 'game',
    teamId: teamId(team),
    role: 'consumer',
    serviceId,
    counterpartyId: teamId(team),
    proberId: 'prober-1',
    epoch: startsAt,
    seq: round * SERVICES.length + s,
    baseIntendedAtMs: nowMs - 1_100,
    ...columns(size, team * 31 + round + s),
    samples: [],
    watermarkMs: nowMs - 1_100,
  }));
}

async function live({ logUrl, database, seconds, everyMs, size }) {
  const databaseUrl = await database.fresh();
  const log = await openLog(logUrl);
  const startsAt = await makeLiveGame(log);
  const dataSource = await openDatabase(databaseUrl, { poolSize: 1 });
  const { secret } = await new TokenStore(dataSource, clock).create({ role: 'prober', label: 'bench' });
  await dataSource.destroy();
  const services = [];
  for (const name of ['ingest', 'scorer', 'broadcaster'])
    services.push(await startService(name, { logUrl, databaseUrl }));
  const [ingest, , broadcaster] = services;
  const countsFrom = performance.now() + WARM_MS;
  const inKafka = new Departures(countsFrom);
  const onScreen = new Departures(countsFrom);
  const scores = log.consume({
    topic: TOPICS.scoreUpdates,
    startAt: () => 'latest',
    onBatch: async ({ records }) => {
      for (const record of records) inKafka.arrived(decodeCloudEvent(record).data.teamId);
    },
  });
  await scores.ready;
  const socket = io(`${broadcaster.url}/leaderboard`, { transports: ['websocket'] });
  socket.on('delta', (delta) => delta.rows.forEach(({ team }) => onScreen.arrived(team.id)));
  const refused = [];
  await schedule(seconds, everyMs, (team, round) => {
    const body = encodeProbeBatches(batches(team, round, size, startsAt));
    inKafka.left(teamId(team));
    onScreen.left(teamId(team));
    const headers = { 'content-type': 'application/x-protobuf', authorization: `Bearer ${secret}` };
    fetch(`${ingest.url}/api/v1/probe-batches`, { method: 'POST', headers, body }).then(
      async (response) => {
        const text = await response.text();
        if (!response.ok) refused.push(text);
      },
      (error) => refused.push(String(error)),
    );
  });
  socket.close();
  await scores.close();
  await log.close();
  for (const service of services.reverse()) await service.stop();
  if (refused.length > 0) throw new Error(`ingest refused ${refused.length} requests: ${refused[0]}`);
  return { committed: inKafka.latencies, screen: onScreen.latencies };
}

async function livePeer({ bootstrap, logUrl, input, prefix, seconds, everyMs, size }) {
  const log = await openLog(logUrl);
  await log.createTopics([{ topic: 'streams-output', partitions: 1 }]);
  const peer = startPeer({ bootstrap, input, output: `${prefix}streams-output`, mode: 'tuned' });
  const append = (team, round) =>
    log.append(
      TOPICS.probeResults,
      batches(team, round, size, 1).map((batch) => ({
        key: teamKey('game', teamId(team)),
        value: encodeProbeBatch(batch),
      })),
    );
  // A JVM needs some seconds before it reads.
  await append(0, 0);
  await until(60_000, async () => ((await peer.processed()) > 0 ? true : null));
  const departures = new Departures(performance.now() + WARM_MS);
  const outputs = log.consume({
    topic: 'streams-output',
    startAt: () => 'latest',
    onBatch: async ({ records }) => {
      for (const { key } of records) departures.arrived(key.split('/')[1]);
    },
  });
  await outputs.ready;
  await schedule(seconds, everyMs, (team, round) => {
    departures.left(teamId(team));
    void append(team, round + 1);
  });
  await outputs.close();
  await peer.stop();
  await log.close();
  return departures.latencies;
}

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };

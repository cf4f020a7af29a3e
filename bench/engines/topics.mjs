// The input of both sides: one game whose results are in a topic before the measurement starts.
import { openEventLog } from '#event-log';
import { TOPICS, encodeCloudEvent, teamKey } from '#contracts';
import { BatchStream, SCENARIO, SERVICES, STARTS_AT, teamId } from '../scoring/workload.mjs';

export const TEAMS = 40;
const GAME = 'game';
/** The scenario's load phase, which only the board would show. */
const PHASE = {
  atMs: 0,
  label: 'steady',
  requestsPerSecond: Object.fromEntries(SERVICES.map((id) => [id, 10])),
  rampMs: 0,
};
const RECORDS_PER_APPEND = 2_000;

/** One partition everywhere, because the work of one core is measured. */
export function makeTopics(log) {
  return makeGame(log, STARTS_AT);
}

/** Like `makeTopics`, for a game that starts now. @returns {Promise<number>} its start, epoch ms */
export async function makeLiveGame(log) {
  const startsAt = Math.floor(Date.now() / 1000) * 1000 - 5_000;
  await makeGame(log, startsAt);
  return startsAt;
}

async function makeGame(log, startsAt) {
  await log.createTopics(Object.values(TOPICS).map((topic) => ({ topic, partitions: 1 })));
  const events = [
    [
      'dev.payday.game.created',
      { gameId: GAME, name: 'Bench', seed: 'bench', scenario: { ...SCENARIO, load: [PHASE] } },
    ],
    ...Array.from({ length: TEAMS }, (_, i) => [
      'dev.payday.team.added',
      { team: { id: teamId(i), name: `Team ${i}`, color: '#888888', ranked: true } },
    ]),
    ['dev.payday.game.scheduled', { startsAt, endsAt: startsAt + SCENARIO.durationMs }],
  ];
  await log.append(
    TOPICS.gameEvents,
    events.map(([type, data], i) =>
      encodeCloudEvent({
        id: `bench-${i}`,
        type,
        source: '/control',
        subject: GAME,
        time: startsAt - 60_000,
        sequence: i + 1,
        data,
      }),
    ),
  );
}

/** Fills the topic of results. @returns {Promise<number>} the number of results in it */
export async function fill(log, size, results, progress) {
  const stream = new BatchStream(TEAMS, size);
  let done = 0;
  let records = [];
  const flush = async () => {
    await log.append(TOPICS.probeResults, records);
    records = [];
  };
  while (done < results) {
    const batches = stream.next();
    batches.forEach((value, i) =>
      // A copy, because the stream reuses its bytes.
      records.push({ key: teamKey(GAME, teamId(Math.floor(i / 4))), value: Uint8Array.from(value) }),
    );
    done += stream.resultsPerSlot;
    if (records.length >= RECORDS_PER_APPEND) await flush();
  }
  await flush();
  progress(`${done.toLocaleString('en-US')} results in records of ${size}`);
  return done;
}

export function openLog(url) {
  return openEventLog(url);
}

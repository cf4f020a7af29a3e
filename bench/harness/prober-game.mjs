// One short game for one prober without the rest of Payday: the product's own prober process, which learns of the game from an
// event log, and an ingest that stores the reports. The measured results are those on which pay would be based.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OUTCOMES, TOPICS, decodeProbeBatches, encodeCloudEvent } from '#contracts';
import { openEventLog } from '#event-log';
import { systemClock } from '#runtime';
import { LedgerReplay } from '#scoring';
import { freePort, until } from './launcher.mjs';
import { cpuSeconds, spawnOn } from './processes.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const GAME = 'bench';
/** Time between the prober's readiness and the start of the game. */
const LEAD_MS = 700;
/** Time after the end of the game for the last answers and watermarks. */
const GRACE_MS = 15_000;
const STOP_WITHIN_MS = 10_000;
const RECORDS_PER_APPEND = 500;

/**
 * Plays one game to its end.
 * @param {object} options
 * @param {object} options.scenario as in `game.created`
 * @param {{id: string, endpoints: Record<string, string>}[]} options.teams in order of joining; endpoints by service
 * @param {number} options.core the core on which the prober runs, alone if possible
 * @param {number} [options.warmMs] time from the start of the game until CPU time counts
 * @returns {Promise<{startsAt: number, endsAt: number, results: Results, salaries: Map<string, number>, cpuSeconds: number, cpuBetween: [number, number],
 *   complete: boolean, log: string}>} `results` in columns; `cpuSeconds` of the prober from the start of the game to its end;
 *   `complete`: the prober's watermark covered everything up to the end
 */
export async function playForProber({ scenario, teams, core, warmMs = 0 }) {
  const folder = mkdtempSync(join(tmpdir(), 'payday-bench-'));
  const log = await openEventLog(`lmdb:${folder}/log`, { clock: systemClock });
  const ingest = await startIngest(teams.map(({ id }) => id));
  let prober;
  try {
    await log.createTopics(Object.values(TOPICS).map((topic) => ({ topic, partitions: 1 })));
    const events = [];
    const make = (type, data) => {
      const sequence = events.length + 1;
      const event = {
        id: `${GAME}-${sequence}`,
        type,
        source: '/control',
        subject: GAME,
        time: 0,
        sequence,
        data,
      };
      events.push(event);
      return encodeCloudEvent(event);
    };
    const tell = async (records) => {
      for (let i = 0; i < records.length; i += RECORDS_PER_APPEND)
        await log.append(TOPICS.gameEvents, records.slice(i, i + RECORDS_PER_APPEND));
    };
    await tell([
      make('dev.payday.game.created', { gameId: GAME, name: 'Bench', seed: scenario.seed, scenario }),
      ...teams.map(({ id }) =>
        make('dev.payday.team.added', { team: { id, name: id, color: '#fff', ranked: true } }),
      ),
      ...teams.flatMap(({ id: teamId, endpoints }) =>
        Object.entries(endpoints).map(([serviceId, url]) =>
          make('dev.payday.endpoint.changed', { teamId, serviceId, url }),
        ),
      ),
    ]);

    prober = await startProber(`lmdb:${folder}/log`, ingest.url, core);
    // A real game also starts at a whole second.
    const startsAt = Math.ceil((Date.now() + LEAD_MS) / 1000) * 1000;
    const endsAt = startsAt + scenario.durationMs;
    await tell([make('dev.payday.game.scheduled', { startsAt, endsAt })]);
    await sleepUntil(startsAt + warmMs);
    const [cpuFrom, before] = [Date.now(), cpuSeconds(prober.pid)];
    await sleepUntil(endsAt);
    const [cpuTo, after] = [Date.now(), cpuSeconds(prober.pid)];
    const complete = await ingest.watermarksBeyond(endsAt, GRACE_MS);
    await prober.stop();

    const batches = ingest.batches();
    const replay = new LedgerReplay({ owns: () => true, completeUpTo: () => endsAt + 1 });
    replay.events(events);
    replay.batches(batches);
    const sealed = {
      ...events[0],
      id: 'sealed',
      sequence: events.length + 1,
      type: 'dev.payday.game.sealed',
    };
    replay.events([{ ...sealed, data: { sealedAt: endsAt } }]);
    replay.finish();
    return {
      startsAt,
      endsAt,
      results: columnsOf(batches),
      salaries: replay.salaries,
      cpuSeconds: after - before,
      cpuBetween: [cpuFrom, cpuTo],
      complete,
      log: prober.said(),
    };
  } finally {
    await prober?.stop();
    ingest.close();
    await log.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startProber(logUrl, ingestUrl, core) {
  const port = await freePort();
  const script = join(root, 'dist/apps/prober/src/main.js');
  const child = spawnOn({ core, before: true }, process.execPath, [script], {
    cwd: root,
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      PAYDAY_PORT: String(port),
      PAYDAY_LOG_URL: logUrl,
      PAYDAY_LOG_LEVEL: 'warn',
      PAYDAY_INGEST_URL: ingestUrl,
      PAYDAY_PROBER_TOKEN: 'bench',
      PAYDAY_PROBER_ID: 'bench',
      PAYDAY_GAME_ID: GAME,
      PAYDAY_ALLOW: '127.0.0.0/8',
    },
    // The channel tells the prober when this process dies.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-20_000)));
  let gone = false;
  const ended = new Promise((resolve) => child.once('exit', resolve)).then(() => (gone = true));
  const ready = async () => {
    if (gone) return false;
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    return answer?.ok ? true : null;
  };
  try {
    if (!(await until(30_000, ready))) throw new Error('the process ended');
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`the prober did not become ready: ${said}`, { cause: error });
  }
  return {
    pid: child.pid,
    said: () => said,
    async stop() {
      child.kill('SIGTERM');
      const byForce = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(byForce);
    },
  };
}

/** Accepts batches like ingest and decodes them after the game, because decoding is not part of the prober's work. */
async function startIngest(teamIds) {
  const bodies = [];
  let decoded = 0;
  const watermarks = new Map(teamIds.map((id) => [id, 0]));
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks));
      response.writeHead(202, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    watermarksBeyond: (endsAt, withinMs) =>
      until(withinMs, async () => {
        for (; decoded < bodies.length; decoded++)
          for (const { batch } of decodeProbeBatches(bodies[decoded]))
            watermarks.set(batch.teamId, Math.max(watermarks.get(batch.teamId), batch.watermarkMs));
        return Math.min(...watermarks.values()) > endsAt ? true : null;
      }).catch(() => false),
    batches: () => bodies.flatMap((body) => decodeProbeBatches(body).map(({ batch }) => batch)),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** @typedef {{teamId: string, serviceId: string, intendedAt: number, latencyUs: number, outcome: string, got: string}[]} Results */

/** @returns {Results} each result once */
function columnsOf(batches) {
  const once = new Map(batches.map((batch) => [`${batch.teamId} ${batch.epoch} ${batch.seq}`, batch]));
  return [...once.values()].flatMap((batch) => {
    const got = new Map(batch.samples.map((sample) => [sample.index, sample.got]));
    return Array.from(batch.outcome, (outcome, i) => ({
      teamId: batch.teamId,
      serviceId: batch.serviceId,
      intendedAt: batch.baseIntendedAtMs + batch.offsetMs[i],
      latencyUs: batch.latencyUs[i],
      outcome: OUTCOMES[outcome],
      got: got.get(i) ?? '',
    }));
  });
}

function sleepUntil(atMs) {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - Date.now())));
}

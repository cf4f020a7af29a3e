import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { Agent } from 'undici';
import { OUTCOMES, decodeProbeBatches, problem, type ProbeBatch, type ProblemCode } from '#contracts';
import { createProberMetrics } from './metrics.js';
import { REPORTER_DEFAULTS, Reporter, type ReporterOptions } from './reporter.js';
import { TeamResults } from './result-buffer.js';

type Reply = number | 'lost' | ProblemCode;
interface Harness {
  reporter: Reporter;
  /** Batches that the server accepted, in order; `(team, seq)` counts once, as at ingest. */
  taken: ProbeBatch[];
  requests: () => number;
  metric: (name: string, labels: string) => Promise<number>;
  settled: () => number;
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A real server that answers with `replies`, then accepts, and a reporter whose pauses take no time. */
async function harness(
  rounds: ProbeBatch[][],
  replies: Reply[],
  options: Partial<ReporterOptions> = {},
): Promise<Harness> {
  const taken: ProbeBatch[] = [];
  const seen = new Set<string>();
  let requests = 0;
  const take = (body: Buffer): boolean => {
    const fresh = decodeProbeBatches(body).filter(({ batch }) => !seen.has(`${batch.teamId}/${batch.seq}`));
    for (const { batch } of fresh) {
      seen.add(`${batch.teamId}/${batch.seq}`);
      taken.push(batch);
    }
    return fresh.length > 0;
  };
  const answer = (res: ServerResponse, code: ProblemCode): void => {
    const body = problem(code, 'because');
    res.writeHead(body.status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
  };
  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    requests++;
    expect(req.url).toBe('/api/v1/probe-batches');
    expect(req.headers).toMatchObject({
      authorization: 'Bearer secret',
      'content-type': 'application/x-protobuf',
    });
    const reply = replies.shift() ?? 202;
    if (reply === 'lost') {
      take(Buffer.concat(chunks));
      return void res.destroy();
    }
    if (typeof reply === 'string') return answer(res, reply);
    if (reply >= 300) return void res.writeHead(reply).end('no');
    if (take(Buffer.concat(chunks))) res.writeHead(reply).end('{}');
    else answer(res, 'duplicate_batch');
  };
  const server = createServer((req, res) => void handle(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const dispatcher = new Agent();
  closing.push(() => dispatcher.destroy());
  const registry = new Registry();
  let settled = 0;
  let clockUs = 0;
  const reporter = new Reporter(
    { drain: () => rounds.shift() ?? [], settled: (results) => void (settled += results) },
    {
      ...REPORTER_DEFAULTS,
      ingestUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token: 'secret',
      ...options,
    },
    {
      metrics: createProberMetrics(registry),
      log: { warn: () => {}, error: () => {} },
      // Only pauses advance time, and they take one turn of the event loop. The deadline of `stop` never arrives.
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          clockUs += ms * 1000;
          if (ms >= 60_000) signal.addEventListener('abort', () => resolve());
          else setImmediate(resolve);
        }),
      nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
      monotonicUs: () => clockUs,
      dispatcher,
    },
  );
  return {
    reporter,
    taken,
    requests: () => requests,
    settled: () => settled,
    metric: async (name, labels) => {
      const line = (await registry.metrics())
        .split('\n')
        .find((text) => text.startsWith(`${name}{${labels}}`));
      return Number(line?.split(' ')[1] ?? 0);
    },
  };
}

/** Rounds of batches with consecutive seqs, for two teams. */
function makeRounds(count: number, resultsPerBatch = 3): ProbeBatch[][] {
  const teams = ['a', 'b'].map(
    (teamId) =>
      new TeamResults({ gameId: 'g', teamId, serviceIds: ['s', 't'], proberId: 'p', epoch: 1 }, 1000),
  );
  return Array.from({ length: count }, (_, round) =>
    teams.flatMap((team) => {
      for (let i = 0; i < resultsPerBatch; i++)
        team.add(i % 2, { intendedAt: round * 100 + i, latencyUs: i, outcome: 0, sample: null });
      return team.drain((round + 1) * 100);
    }),
  );
}

async function drained(harnessed: Harness, batches: number): Promise<void> {
  harnessed.reporter.start();
  while (harnessed.taken.length < batches) await new Promise((resolve) => setImmediate(resolve));
  await harnessed.reporter.stop(60_000);
}

function expectComplete(taken: ProbeBatch[], rounds: number): void {
  for (const team of ['a', 'b']) {
    const own = taken.filter(({ teamId }) => teamId === team);
    expect(own.map(({ seq }) => seq)).toEqual(Array.from({ length: rounds * 2 }, (_, seq) => seq));
    const watermarks = own.map(({ watermarkMs }) => watermarkMs);
    expect(watermarks).toEqual([...watermarks].sort((x, y) => x - y));
  }
}

describe('Reporter', () => {
  it('delivers every batch in order despite errors, lost acknowledgements and duplicates', async () => {
    const replies: Reply[] = [
      500,
      'lost',
      202,
      503,
      'lost',
      'lost',
      429,
      'too_many_requests',
      'unavailable',
      202,
      500,
    ];
    const run = await harness(makeRounds(20), replies);
    await drained(run, 80);
    expectComplete(run.taken, 20);
    expect(run.settled()).toBe(20 * 6);
    expect(await run.metric('payday_prober_reports_total', 'result="duplicate"')).toBe(2);
    expect(await run.metric('payday_prober_dropped_results_total', 'reason="rejected"')).toBe(0);
  });

  it('treats a refusal of batches as duplicates as an acknowledgement', async () => {
    const run = await harness(makeRounds(2), ['duplicate_batch']);
    await drained(run, 4);
    expect(run.settled()).toBe(12);
    expect(run.requests()).toBe(2);
  });

  it('drops batches that are finally refused, counts them, and loses nothing else', async () => {
    const run = await harness(makeRounds(5), [202, 'invalid_batch']);
    await drained(run, 16);
    expect(run.taken).toHaveLength(16);
    expect(run.settled()).toBe(5 * 6);
    expect(await run.metric('payday_prober_dropped_results_total', 'reason="rejected"')).toBe(6);
  });

  it('gives ingest limited time to learn of a new team', async () => {
    const patient = await harness(makeRounds(2), ['unknown_team', 'unknown_game']);
    await drained(patient, 8);
    expectComplete(patient.taken, 2);
    const never = await harness(makeRounds(2), Array<Reply>(8).fill('unknown_team'), { unknownForMs: 1_000 });
    await drained(never, 4);
    expect(await never.metric('payday_prober_dropped_results_total', 'reason="rejected"')).toBe(6);
  });

  it('splits batches that are too large for one request', async () => {
    const rounds = makeRounds(60, 32_000);
    const run = await harness([rounds.flat()], []);
    await drained(run, 240);
    expectComplete(run.taken, 60);
    expect(run.requests()).toBeGreaterThan(1);
  });

  it('sends the last results when it is stopped, and gives up at the deadline', async () => {
    const last = await harness([[], [], ...makeRounds(1)], []);
    last.reporter.start();
    await last.reporter.stop(60_000);
    await last.reporter.stop(60_000);
    const stuck = await harness(makeRounds(1), Array<Reply>(1_000).fill(500));
    stuck.reporter.start();
    while (stuck.requests() < 3) await new Promise((resolve) => setImmediate(resolve));
    await stuck.reporter.stop(10);
    expect(stuck.taken).toEqual([]);
  });

  it('does not let an invalid batch stop the others', async () => {
    const [round] = makeRounds(1);
    const bad = { ...round![0]!, outcome: [OUTCOMES.length, 0], seq: 99 };
    const run = await harness([[bad, ...round!]], []);
    await drained(run, 4);
    expectComplete(run.taken, 1);
    expect(await run.metric('payday_prober_dropped_results_total', 'reason="rejected"')).toBe(2);
  });
});

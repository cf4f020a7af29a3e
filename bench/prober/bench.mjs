import { allowedCores } from '../harness/processes.mjs';
import { ratio, summary } from '../harness/stats.mjs';
import { AT_ONCE_MS, DELAYS_MS } from './load.mjs';
import { ours } from './ours.mjs';
import { K6, VEGETA, buildK6, buildVegeta, k6, vegeta } from './peers.mjs';
import { startTruth } from './truth.mjs';

export const name = 'prober';
export const description =
  'Whether the prober reports the truth, and what a request costs it; peers: Vegeta and k6, beside a server that knows the truth';
export const options = {
  rates: 'requests per second, separated by commas (default 1600,4000)',
  rounds: 'number of runs per contestant (default 3)',
};

const STALL_MS = 100;
/** A tenth of all requests hits the stall; their waits are uniformly distributed over its duration. */
const ANALYTIC = { p99: 90, p999: 99 };
const FULL_SHARE = 0.8;
/** The design's targets for our prober. */
const LIMITS = { errorP99Ms: 1, lateP99Ms: 1, ratio: 1.2, stall: 0.05 };

/** @param {{quick: boolean, progress: (text: string) => void, options: {rates?: string, rounds?: string}}} settings */
export async function* run(settings) {
  const figures = [];
  for await (const figure of measure(settings)) {
    figures.push(figure);
    yield figure;
  }
  settings.progress(`\n${table(figures)}`);
}

async function* measure({ quick, progress, options: { rates = '1600,4000', rounds } }) {
  const lengths = quick ? { warmMs: 3_000, measuredMs: 4_000 } : { warmMs: 3_000, measuredMs: 10_000 };
  const turns = Number(rounds ?? (quick ? 1 : 3));
  const cores = allowedCores();
  const [serverCore, core] = [cores[0], cores.at(-1)];
  progress('building the server, Vegeta and k6 unless they exist');
  const contestants = [
    { key: 'ours', name: 'Payday', play: ours },
    contestant('vegeta', VEGETA, buildVegeta, vegeta),
    contestant('k6', K6, buildK6, k6),
  ];
  const truth = await startTruth(serverCore);
  try {
    const shares = [];
    for (const rate of rates.split(',').map(Number))
      for (const stallMs of [0, STALL_MS]) {
        await truth.stall(stallMs);
        const load = { rate, delaysMs: stallMs === 0 ? DELAYS_MS : AT_ONCE_MS, ...lengths };
        const runs = Object.fromEntries(contestants.map(({ key }) => [key, []]));
        for (let turn = 1; turn <= turns; turn++)
          for (const { key, name: who, play, skipped } of contestants) {
            if (skipped) continue;
            progress(`${rate}/s${stallMs ? ', with stalls' : ''}, round ${turn} of ${turns}: ${who}`);
            runs[key].push(await play(truth, load, core));
          }
        if (stallMs === 0) {
          shares.push({ rate, share: summary(runs.ours.map((one) => one.cpuShare)).median });
          yield* plainFigures(`${rate}/s`, runs, contestants, turns);
        } else yield* stallFigures(rate, runs, contestants, turns);
      }
    await truth.stall(0);
    const { rate, share } = shares.at(-1);
    const full = Math.round((rate * FULL_SHARE) / share / 80) * 80;
    const runs = { ours: [] };
    for (let turn = 1; turn <= turns; turn++) {
      progress(`${full}/s, about ${FULL_SHARE * 100} % of a core, round ${turn} of ${turns}`);
      runs.ours.push(await ours(truth, { rate: full, delaysMs: DELAYS_MS, ...lengths }, core));
    }
    yield* truthFigures(`${full}/s, about ${FULL_SHARE * 100} % of a core`, runs.ours, turns);
  } finally {
    truth.close();
  }
}

/** A peer; an unavailable one is skipped with the reason. */
function contestant(key, { name: who, version }, build, play) {
  try {
    const path = build();
    return { key, name: who, version, play: (...args) => play(path, ...args) };
  } catch (error) {
    return { key, name: who, version, skipped: error.message };
  }
}

function* plainFigures(load, runs, contestants, turns) {
  const work = (one) => one.requests / one.cpuSeconds;
  for (const { key, name: who, version, skipped } of contestants.slice(1)) {
    const mine = runs.ours.map(work);
    const theirs = runs[key].map(work);
    const median = skipped ? null : ratio(mine, theirs);
    yield {
      figure: `requests per CPU-second, ${load}`,
      unit: 'requests/s',
      ours: summary(mine),
      ...(skipped
        ? { peer: null, ratio: null, skipped }
        : { peer: { name: who, version, ...summary(theirs) }, ratio: median }),
      cpuShare: summary(runs.ours.map((one) => one.cpuShare)),
      ...(key === 'vegeta' && !skipped ? { ok: median.median >= LIMITS.ratio } : {}),
      runs: turns,
    };
  }
  yield* truthFigures(load, runs.ours, turns);
  yield* besideTheTruth(load, runs, contestants, turns);
}

function* truthFigures(load, mine, turns) {
  const error = quantilesOver(mine, 'error');
  const late = quantilesOver(mine, 'late');
  const unscored = summary(mine.map((one) => one.unscored * 100));
  const failed = summary(mine.map((one) => one.failed * 100));
  const common = {
    peer: null,
    cpuShare: summary(mine.map((one) => one.cpuShare)),
    unscoredPercent: unscored,
    failedPercent: failed,
    unmatched: summary(mine.map((one) => one.unmatched)),
    runs: turns,
  };
  yield {
    figure: `reported against the truth, request by request, p99, ${load}`,
    unit: 'ms',
    ours: error.p99,
    p50: error.p50,
    p999: error.p999,
    ...common,
    ok: error.p99.median <= LIMITS.errorP99Ms && failed.median === 0,
  };
  yield {
    figure: `sent late, as the server sees it, p99, ${load}`,
    unit: 'ms',
    ours: late.p99,
    p50: late.p50,
    p999: late.p999,
    ...common,
    ok: late.p99.median <= LIMITS.lateP99Ms,
  };
}

function* besideTheTruth(load, runs, contestants, turns) {
  for (const { key, name: who, skipped } of contestants) {
    if (skipped) continue;
    yield {
      figure: `latencies as ${who} reports them, ${load}, delays of ${[...new Set(DELAYS_MS)].join(', ')} ms`,
      unit: 'ms',
      ours: key === 'ours' ? quantilesOver(runs[key], 'reported').p99 : null,
      peer: null,
      reported: quantilesOver(runs[key], 'reported'),
      truth: quantilesOver(runs[key], 'truth'),
      late: quantilesOver(runs[key], 'late'),
      cpuShare: summary(runs[key].map((one) => one.cpuShare)),
      runs: turns,
    };
  }
}

function* stallFigures(rate, runs, contestants, turns) {
  for (const { key, name: who, skipped } of contestants) {
    if (skipped) continue;
    const reported = quantilesOver(runs[key], 'reported');
    const truth = quantilesOver(runs[key], 'truth');
    const off = (quantile, right = ANALYTIC[quantile]) => Math.abs(reported[quantile].median / right - 1);
    yield {
      figure: `p99 and p99.9 with a stall of ${STALL_MS} ms a second as ${who} reports them, ${rate}/s`,
      unit: 'ms',
      ours: key === 'ours' ? reported.p99 : null,
      peer: null,
      reported,
      truth,
      analytic: ANALYTIC,
      offPercent: { p99: round(off('p99') * 100), p999: round(off('p999') * 100) },
      // The server needs some time to answer all waiting requests, so its own records are the truth of this run.
      offTruthPercent: {
        p99: round(off('p99', truth.p99.median) * 100),
        p999: round(off('p999', truth.p999.median) * 100),
      },
      ...(key === 'ours'
        ? {
            error: quantilesOver(runs.ours, 'error'),
            late: quantilesOver(runs.ours, 'late'),
            unmatched: summary(runs.ours.map((one) => one.unmatched)),
            unscoredPercent: summary(runs.ours.map((one) => one.unscored * 100)),
            ok: off('p99') <= LIMITS.stall && off('p999') <= LIMITS.stall,
          }
        : {}),
      runs: turns,
    };
  }
}

function quantilesOver(runs, what) {
  return Object.fromEntries(
    ['p50', 'p99', 'p999', 'max'].map((quantile) => [
      quantile,
      summary(runs.map((one) => one[what][quantile])),
    ]),
  );
}

/** Medians, human-readable. */
function table(figures) {
  const text = (range) => (range ? String(range.median) : '');
  const rows = figures.map(({ ok, figure, unit, ours: mine, reported, peer, ratio: times }) => [
    ok === undefined ? '' : ok ? 'ok' : 'NOT OK',
    figure,
    `${text(mine ?? reported?.p99)} ${unit}`,
    peer ? `${peer.name} ${text(peer)}` : '',
    times ? `× ${text(times)}` : '',
  ]);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

function round(value) {
  return Number(value.toPrecision(3));
}

// Vegeta and k6 under the same load, tuned as well as we can.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goTool } from '../harness/go.mjs';
import { cpuSeconds, spawnOn } from '../harness/processes.mjs';
import { endpointsOf, quantilesOf } from './load.mjs';
import { quantiles } from './truth.mjs';

export const VEGETA = { name: 'Vegeta', version: '12.12.0' };
export const K6 = { name: 'k6', version: '0.57.0' };
/** How long before the end CPU time is last read, because it is gone with the process. */
const BEFORE_END_MS = 200;

/** @throws if it can't be built */
export function buildVegeta() {
  return goTool('github.com/tsenart/vegeta/v12', `v${VEGETA.version}`);
}

/** @throws if it can't be built */
export function buildK6() {
  return goTool('go.k6.io/k6', `v${K6.version}`);
}

/** Unlimited kept connections, an additional worker whenever all are busy, bodies read and discarded. @returns {Promise<Outcome>} */
export async function vegeta(path, truth, load, core) {
  return inFolder(async (folder) => {
    const [targets, output] = [join(folder, 'targets'), join(folder, 'results')];
    const urls = endpointsOf(truth.url, load.rate);
    // The endpoints in turn, each time with the next delay.
    const lines = load.delaysMs.flatMap((_, turn) =>
      urls.map((url, i) => `GET ${url}/${load.delaysMs[(i + turn) % load.delaysMs.length]}`),
    );
    writeFileSync(targets, lines.join('\n'));
    const args = [
      ...['attack', `-rate=${load.rate}/s`, `-duration=${(load.warmMs + load.measuredMs) / 1000}s`],
      ...['-keepalive', '-http2=false', '-workers=64', '-max-workers=10000', '-connections=10000'],
      ...['-max-body=0', '-redirects=-1', '-timeout=1s', `-targets=${targets}`, `-output=${output}`],
    ];
    const run = await watched(path, args, truth, load, core);
    const csv = execFileSync(path, ['encode', '-to=csv', output], { encoding: 'utf8', maxBuffer: 1 << 30 });
    const latencies = csv
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','))
      .filter(([at]) => Number(at) / 1e6 >= run.fromMs && Number(at) / 1e6 < run.toMs)
      .map(([, , latency]) => Number(latency) / 1e6);
    return { ...run, reported: quantilesOf(quantiles(latencies)) };
  });
}

/** A constant-arrival-rate executor, enough virtual users for a stall, bodies discarded. @returns {Promise<Outcome>} */
export async function k6(path, truth, load, core) {
  return inFolder(async (folder) => {
    const [script, summary] = [join(folder, 'load.js'), join(folder, 'summary.json')];
    writeFileSync(script, k6Script(endpointsOf(truth.url, load.rate), load, summary));
    const run = await watched(
      path,
      ['run', '--quiet', '--no-usage-report', '--address', '', script],
      truth,
      load,
      core,
    );
    const values = JSON.parse(readFileSync(summary, 'utf8')).metrics.http_req_duration.values;
    const reported = { p50: values.med, p99: values['p(99)'], p999: values['p(99.9)'], max: values.max };
    return { ...run, reported };
  });
}

function k6Script(urls, { rate, delaysMs, warmMs, measuredMs }, summary) {
  return `
import http from 'k6/http';
import exec from 'k6/execution';
const urls = ${JSON.stringify(urls)};
const delays = ${JSON.stringify(delaysMs)};
export const options = {
  discardResponseBodies: true,
  summaryTrendStats: ['med', 'p(99)', 'p(99.9)', 'max'],
  scenarios: {
    steady: {
      executor: 'constant-arrival-rate', rate: ${rate}, timeUnit: '1s', duration: '${warmMs + measuredMs}ms',
      preAllocatedVUs: ${Math.ceil(rate / 8)}, maxVUs: ${Math.ceil(rate / 2)}, gracefulStop: '2s',
    },
  },
};
export default function () {
  const n = exec.scenario.iterationInTest;
  http.get(urls[n % urls.length] + '/' + delays[(n + Math.floor(n / urls.length)) % delays.length], { tags: { name: 'e' } });
}
export function handleSummary(data) { return { ${JSON.stringify(summary)}: JSON.stringify(data) }; }
`;
}

/** Runs a contestant and reads its CPU time after the warm-up and shortly before the end. */
async function watched(path, args, truth, { rate, warmMs, measuredMs }, core) {
  await truth.notes();
  const child = spawnOn({ core, before: true }, path, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-2_000)));
  const ended = once(child, 'exit');
  // k6 first creates its virtual users, so the warm-up begins with the first request.
  const startedAt = await firstNote(truth, ended);
  await sleepUntil(startedAt.atMs + warmMs);
  const [fromMs, before] = [Date.now(), cpuSeconds(child.pid)];
  await sleepUntil(startedAt.atMs + warmMs + measuredMs - BEFORE_END_MS);
  const [toMs, after] = [Date.now(), cpuSeconds(child.pid)];
  const [code] = await ended;
  if (code !== 0) throw new Error(`${path} ended with ${code}: ${said}`);
  const notes = [...startedAt.notes, ...(await truth.notes())];
  const measured = notes.filter(({ readMs }) => readMs >= fromMs && readMs < toMs);
  return {
    fromMs,
    toMs,
    requests: measured.length,
    cpuSeconds: after - before,
    cpuShare: ((after - before) * 1000) / (toMs - fromMs),
    truth: quantilesOf(quantiles(measured.map(({ readMs, writtenMs }) => writtenMs - readMs))),
    late: lateness(measured, rate),
  };
}

async function firstNote(truth, ended) {
  let gone = false;
  void ended.then(() => (gone = true));
  for (;;) {
    const notes = await truth.notes();
    if (notes.length > 0) return { notes, atMs: notes[0].readMs };
    if (gone) throw new Error('a contestant ended without sending a request');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Delays against an evenly spaced schedule whose start is set by the earliest request relative to it. */
function lateness(notes, rate) {
  const late = notes.map(({ readMs }, i) => readMs - (i * 1000) / rate);
  const earliest = late.reduce((least, value) => Math.min(least, value), Infinity);
  return quantilesOf(quantiles(late.map((value) => value - earliest)));
}

async function inFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'payday-bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sleepUntil(atMs) {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - Date.now())));
}

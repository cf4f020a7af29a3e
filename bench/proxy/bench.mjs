import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { freePort, until } from '../harness/launcher.mjs';
import { ratio, summary } from '../harness/stats.mjs';

export const name = 'proxy';
export const description =
  'What the TCP proxy in front of each sandbox service costs while nothing acts; peer: Toxiproxy without toxics';

const CONNECTIONS = 16;
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** @param {{quick: boolean, progress: (text: string) => void}} options */
export async function* run({ quick, progress }) {
  const [requests, runs] = quick ? [3_000, 3] : [20_000, 5];
  const answer = JSON.stringify({ unicornId: 'sparkle', days: 3, totalCents: 38_700 });
  const service = createServer((_request, response) => response.end(answer));
  service.keepAliveTimeout = 60_000;
  await new Promise((resolve) => service.listen(0, '127.0.0.1', resolve));
  const direct = service.address().port;

  const ours = fork(fileURLToPath(new URL('ours.mjs', import.meta.url)), [String(direct)]);
  const [{ port: oursPort }] = await once(ours, 'message');
  const toxiproxy = await startToxiproxy(direct, progress);
  const figures = { ours: [], peer: [], oursAdded: [], peerAdded: [] };
  try {
    for (let turn = 0; turn <= runs; turn++) {
      progress(turn === 0 ? 'warming up' : `run ${turn} of ${runs}`);
      const alone = await latencies(direct, requests / 10);
      const oursRun = await measured(ours.pid, oursPort, requests);
      const peerRun = toxiproxy.skipped
        ? null
        : await measured(toxiproxy.child.pid, toxiproxy.port, requests);
      if (turn === 0) continue;
      figures.ours.push(oursRun.perCpuSecond);
      figures.oursAdded.push(oursRun.medianUs - alone);
      if (peerRun === null) continue;
      figures.peer.push(peerRun.perCpuSecond);
      figures.peerAdded.push(peerRun.medianUs - alone);
    }
  } finally {
    ours.kill();
    toxiproxy.child?.kill();
    service.close();
    service.closeAllConnections();
  }
  const against = (mine, theirs) =>
    toxiproxy.skipped
      ? { peer: null, ratio: null, skipped: toxiproxy.skipped }
      : { peer: { name: 'Toxiproxy', version: '2.8.0', ...summary(theirs) }, ratio: ratio(mine, theirs) };
  yield {
    figure: `requests per CPU-second of the proxy, ${CONNECTIONS} kept connections`,
    unit: 'requests/s',
    ours: summary(figures.ours),
    ...against(figures.ours, figures.peer),
    runs,
  };
  yield {
    figure: 'median added to one request at a time',
    unit: 'µs',
    ours: summary(figures.oursAdded),
    ...against(figures.oursAdded, figures.peerAdded),
    runs,
  };
}

async function startToxiproxy(upstreamPort, progress) {
  let path;
  try {
    progress('building Toxiproxy unless it exists');
    const build = fileURLToPath(new URL('../../tools/toxiproxy.mjs', import.meta.url));
    path = execFileSync(process.execPath, [build], { encoding: 'utf8' }).trim();
  } catch (error) {
    return { skipped: String(error.message).split('\n')[0] };
  }
  const [apiPort, port] = [await freePort(), await freePort()];
  const child = spawn(path, ['-host', '127.0.0.1', '-port', String(apiPort)], { stdio: 'ignore' });
  const body = JSON.stringify({
    name: 'p',
    listen: `127.0.0.1:${port}`,
    upstream: `127.0.0.1:${upstreamPort}`,
    enabled: true,
  });
  await until(10_000, async () => {
    const response = await fetch(`http://127.0.0.1:${apiPort}/proxies`, { method: 'POST', body });
    return response.ok ? true : null;
  });
  return { child, port };
}

/** One run through a proxy: its CPU time at full speed, then the latency of one request at a time. */
async function measured(pid, port, requests) {
  const before = cpuSeconds(pid);
  await load(port, requests);
  const perCpuSecond = requests / (cpuSeconds(pid) - before);
  return { perCpuSecond, medianUs: await latencies(port, requests / 10) };
}

async function load(port, requests) {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS, pipelining: 1 });
  let left = requests;
  const worker = async () => {
    while (left-- > 0) await (await pool.request({ path: '/', method: 'GET' })).body.text();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  await pool.close();
}

/** Median of one request at a time, µs. */
async function latencies(port, requests) {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 1, pipelining: 1 });
  const took = [];
  for (let i = 0; i < requests; i++) {
    const begin = performance.now();
    await (await pool.request({ path: '/', method: 'GET' })).body.text();
    took.push((performance.now() - begin) * 1000);
  }
  await pool.close();
  return took.sort((a, b) => a - b)[took.length >> 1];
}

/** User and system time used so far by a process. */
function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

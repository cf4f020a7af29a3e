import { ratio, summary } from '../harness/stats.mjs';
import { allocationPerResult } from './allocation.mjs';
import { closeLatencies } from './close-latency.mjs';
import { CoreRun } from './core-run.mjs';
import { JetPeer } from './jet-peer.mjs';

export const name = 'scoring';
export const description =
  'decode + score + emit in the scoring core, beside Hazelcast Jet doing the same windows';

const TEAMS = [40, 1000, 10_000];
const SIZES = [1, 16, 256];
/** Minimum CPU time of one run of the core; runs last whole seconds of event time. */
const RUN_CPU_MS = 500;

const MODES = [
  { label: 'commit per 100 ms', withSnapshot: false, slotsPerCommit: 1 },
  { label: 'commit per 100 ms, with snapshot', withSnapshot: true, slotsPerCommit: 1 },
  { label: 'commit per 1 s, with snapshot', withSnapshot: true, slotsPerCommit: 10 },
];

/** @param {{quick: boolean, progress: (text: string) => void}} options */
export async function* run({ quick, progress }) {
  const runs = quick ? 3 : 5;
  const jet = await JetPeer.start(progress);
  try {
    for (const teams of quick ? TEAMS.slice(0, 2) : TEAMS)
      for (const size of SIZES) yield* throughput({ teams, size, runs, quick, jet, progress });
  } finally {
    await jet.stop();
  }
  for (const size of SIZES) {
    progress(`allocation at batches of ${size}`);
    const ours = await allocationPerResult(40, size, runs);
    yield figure(`allocation, 40 teams, batch ${size}, with snapshot`, 'bytes/result', ours);
  }
  for (const [teams, closing] of [
    [40, 1],
    [40, 40],
    [1000, 1],
    [1000, 1000],
  ]) {
    progress(`close → emit of ${closing} of ${teams} teams`);
    const ours = closeLatencies(teams, 16, closing, quick ? 10 : 40);
    yield figure(`close to emit, ${closing} of ${teams} teams close, batch 16`, 'µs', ours);
  }
}

async function* throughput({ teams, size, runs, quick, jet, progress }) {
  const cores = MODES.map((mode) => new CoreRun(teams, size, mode.withSnapshot, mode.slotsPerCommit));
  const targetUs = (quick ? 0.3 : 1) * RUN_CPU_MS * 1000;
  /** Seconds of event time per run, determined during the warm-up. */
  const seconds = cores.map((core) => warmUp(core, targetUs));
  const peerSlots = await jet.warmUp(teams, size, targetUs);
  const ours = cores.map(() => []);
  const peers = [];
  for (let turn = 1; turn <= runs; turn++) {
    progress(`${teams} teams, batches of ${size}: run ${turn} of ${runs}`);
    cores.forEach((core, i) => ours[i].push(perSecond(core.seconds(seconds[i]))));
    if (jet.available) peers.push(perSecond(await jet.run(teams, size, peerSlots)));
  }
  for (const [i, { label }] of MODES.entries()) {
    const what = `results per CPU-second, ${teams} teams, batch ${size}, ${label}`;
    yield figure(what, 'results/s', ours[i], jet, peers);
  }
}

/** Runs for the duration of two runs and returns the seconds of event time that one run needs. */
function warmUp(core, targetUs) {
  let last = core.seconds(1);
  for (let sum = last.cpuUs; sum < 1.5 * targetUs; sum += last.cpuUs) last = core.seconds(1);
  return Math.max(1, Math.ceil(targetUs / last.cpuUs));
}

function perSecond({ results, cpuUs }) {
  return (results / cpuUs) * 1e6;
}

function figure(label, unit, ours, jet, peers = []) {
  return {
    figure: label,
    unit,
    ours: summary(ours),
    peer: peers.length > 0 ? { name: jet.name, version: jet.version, ...summary(peers) } : null,
    ratio: peers.length > 0 ? ratio(ours, peers) : null,
    runs: ours.length,
    ...(jet && !jet.available ? { skipped: `peer ${jet.name}: ${jet.reason}` } : {}),
  };
}

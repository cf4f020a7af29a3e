// Payday's prober under load; its reports are compared with the truth request by request.
import { playForProber } from '../harness/prober-game.mjs';
import { REQUESTS_PER_SECOND, SERVICES, quantilesOf, teamsOf } from './load.mjs';
import { quantiles } from './truth.mjs';

/** Tolerance: the schedule is in whole milliseconds, and the prober follows the wall clock with some inertia. */
const CLOCK_GRACE_MS = 2;

function scenario(durationMs, delaysMs) {
  const check = {
    id: 'known',
    weight: 1,
    request: { method: 'GET', path: '/{{ms}}', headers: {} },
    expect: { status: 200, json: { ok: true } },
    cases: delaysMs.map((ms) => ({ ms })),
  };
  return {
    id: 'prober',
    name: 'Prober',
    description: '',
    durationMs,
    seed: 'prober',
    services: SERVICES.map((id) => ({
      id,
      letter: id[0].toUpperCase(),
      weightPercent: 100,
      checks: [check],
    })),
    probing: { timeoutMs: 1_000, maxBodyBytes: 65_536, proof: 'off' },
    pay: {
      windowMs: 1_000,
      speedBands: [{ upToMs: 1_000, cents: 1 }],
      failureCents: -1,
      downtime: { belowAvailabilityPercent: 80, minProbes: 3, cents: -1 },
      market: { ownPercent: 100, foreignPercent: 100, providerFeeCents: 0 },
    },
    load: [
      {
        atMs: 0,
        label: 'Steady',
        requestsPerSecond: Object.fromEntries(SERVICES.map((id) => [id, REQUESTS_PER_SECOND])),
        rampMs: 0,
      },
    ],
    timeline: [],
  };
}

/**
 * @returns {Promise<Outcome & {error: Quantiles, unscored: number, failed: number, unmatched: number}>} `error`: how
 *   far what is reported is from the truth, either way, ms; shares of `unscored` (prober_error) and `failed` results; `unmatched`: results without a note
 */
export async function ours(truth, { rate, delaysMs, warmMs, measuredMs }, core) {
  const teams = Array.from({ length: teamsOf(rate) }, (_, team) => ({
    id: `t${team}`,
    endpoints: Object.fromEntries(
      SERVICES.map((id, service) => [id, `${truth.url}/e/${team * SERVICES.length + service}`]),
    ),
  }));
  const durationMs = Math.ceil((warmMs + measuredMs) / 1000) * 1000;
  await truth.notes();
  const game = await playForProber({ scenario: scenario(durationMs, delaysMs), teams, core, warmMs });
  const notes = await truth.notes();
  const [fromMs, toMs] = game.cpuBetween;
  const counted = game.results.filter(({ intendedAt }) => intendedAt >= game.startsAt + warmMs);
  const scored = counted.filter(({ outcome }) => outcome !== 'prober_error');
  const pairs = matched(scored, notes);
  const measured = notes.filter(({ readMs }) => readMs >= fromMs && readMs < toMs);
  const of = (values) => quantilesOf(quantiles(values));
  return {
    requests: measured.length,
    cpuSeconds: game.cpuSeconds,
    cpuShare: (game.cpuSeconds * 1000) / (toMs - fromMs),
    reported: of(scored.map(({ latencyUs }) => latencyUs / 1000)),
    truth: of(measured.map(({ readMs, writtenMs }) => writtenMs - readMs)),
    late: of(pairs.map(({ result, note }) => note.readMs - result.intendedAt)),
    error: of(
      pairs.map(({ result, note }) => Math.abs(result.latencyUs / 1000 - (note.writtenMs - note.readMs))),
    ),
    unscored: (counted.length - scored.length) / counted.length,
    failed: scored.filter(({ outcome }) => outcome !== 'ok').length / counted.length,
    unmatched: scored.length - pairs.length,
  };
}

/**
 * Pairs results with the server's notes, per endpoint in order of time. If several notes can belong to a result (one endpoint
 * may have two requests in flight on two connections), it gets the note whose write is closest to the reported end.
 */
function matched(results, notes) {
  const byEndpoint = new Map();
  for (const note of notes) {
    if (!byEndpoint.has(note.id)) byEndpoint.set(note.id, []);
    byEndpoint.get(note.id).push(note);
  }
  const sorted = [...results].sort((a, b) => a.intendedAt - b.intendedAt);
  return sorted.flatMap((result) => {
    const id = Number(result.teamId.slice(1)) * SERVICES.length + SERVICES.indexOf(result.serviceId);
    const own = byEndpoint.get(id) ?? [];
    while (own.length > 0 && own[0].readMs < result.intendedAt - CLOCK_GRACE_MS) own.shift();
    const endMs = result.intendedAt + result.latencyUs / 1000;
    const off = (note) => Math.abs(endMs - note.writtenMs);
    const possible = own.filter(({ readMs }) => readMs <= endMs + CLOCK_GRACE_MS);
    if (possible.length === 0) return [];
    const note = possible.reduce((best, other) => (off(other) < off(best) ? other : best));
    own.splice(own.indexOf(note), 1);
    return [{ result, note }];
  });
}

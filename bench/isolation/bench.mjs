import { summary } from '../harness/stats.mjs';
import { HONEST_TEAMS, hostileRows, play } from './play.mjs';

export const name = 'isolation';
export const description =
  'What honest teams lose while one team’s server misbehaves, row by row of the table of hostile servers; no peer';
export const options = {
  rows: 'only rows whose names contain one of these substrings, separated by commas',
  tries: 'maximum number of attempts for a row that is not ok (default 3)',
};

/** A row is ok if the neighbours earn at least this share of their pay without it, and their p99 increases by at most this much. */
const LEAST_PAY = 0.99;
const MOST_ADDED_MS = 1;
/** How often the run without a hostile team is played at first, and after how many rows again. Their differences are noise. */
const BASELINES = 3;
const ROWS_PER_BASELINE = 10;

/** @param {{quick: boolean, progress: (text: string) => void, options: {rows?: string, tries?: string}}} settings */
export async function* run({ quick, progress, options: { rows: only = '', tries = '3' } }) {
  const durationMs = quick ? 4_000 : 8_000;
  const texts = only.split(',');
  const rows = (await hostileRows()).filter((row) => texts.some((text) => row.name.includes(text)));
  if (rows.length === 0) throw new Error(`no row's name contains ${only}`);
  const baselines = [];
  const baseline = async () => {
    progress(`without a hostile team, run ${baselines.length + 1}`);
    baselines.push(await play(null, durationMs));
  };
  for (let i = 0; i < BASELINES; i++) await baseline();

  const figures = [];
  for (const [index, row] of rows.entries()) {
    if (index > 0 && index % ROWS_PER_BASELINE === 0) await baseline();
    let figure;
    for (let attempt = 1; attempt <= Number(tries) && !figure?.ok; attempt++) {
      progress(`${index + 1} of ${rows.length}: ${row.name}${attempt > 1 ? `, repeated` : ''}`);
      figure = { ...judged(row, await play(row.name, durationMs), baselines), tries: attempt };
    }
    figures.push(figure);
    yield figure;
  }
  await baseline();
  yield noise(baselines);
  progress(`\n${table(figures, noise(baselines))}`);
}

function judged(row, run, baselines) {
  const { neighbours, hostile, cpuSeconds, complete } = run;
  const base = noise(baselines);
  const pay = neighbours.cents / base.cents.median;
  const addedP99Ms = neighbours.p99Ms === null ? null : neighbours.p99Ms - base.p99Ms.median;
  const payOk = pay >= LEAST_PAY && complete;
  const latencyOk = addedP99Ms !== null && addedP99Ms <= MOST_ADDED_MS;
  const finedOk = row.outcomes.includes('ok') || hostile.cents < 0;
  return {
    figure: `pay of ${HONEST_TEAMS} honest teams beside ${row.name}`,
    unit: '% of their pay without it',
    ours: rounded(pay * 100),
    peer: null,
    row: row.name,
    does: row.does,
    p50Ms: rounded(neighbours.p50Ms),
    p99Ms: rounded(neighbours.p99Ms),
    addedP99Ms: rounded(addedP99Ms),
    results: neighbours.results,
    unscored: neighbours.unscored,
    failed: neighbours.failed,
    hostileCents: hostile.cents,
    hostileOutcomes: hostile.outcomes,
    hostileSaid: hostile.said,
    unexpected: Object.keys(hostile.outcomes).filter(
      (outcome) => outcome !== 'prober_error' && !row.outcomes.includes(outcome),
    ),
    proberCpu: rounded(cpuSeconds),
    complete,
    payOk,
    latencyOk,
    finedOk,
    ok: payOk && latencyOk && finedOk,
  };
}

function noise(baselines) {
  const of = (pick) => summary(baselines.map(pick));
  return {
    figure: 'without a hostile team',
    unit: 'ms at p99, as reported',
    ours: of(({ neighbours }) => neighbours.p99Ms),
    peer: null,
    cents: of(({ neighbours }) => neighbours.cents),
    p50Ms: of(({ neighbours }) => neighbours.p50Ms),
    p99Ms: of(({ neighbours }) => neighbours.p99Ms),
    unscored: of(({ neighbours }) => neighbours.unscored),
    proberCpu: of(({ cpuSeconds }) => cpuSeconds),
    runs: baselines.length,
  };
}

function table(figures, base) {
  const rows = figures.map((f) => [
    f.ok ? 'ok' : 'NOT OK',
    f.row,
    `${f.ours} %`,
    String(f.p99Ms),
    String(f.unscored),
    String(f.failed),
    (f.hostileCents / 100).toFixed(2),
    Object.entries(f.hostileOutcomes)
      .map(([outcome, count]) => `${outcome} ${count}`)
      .join(', '),
    String(f.proberCpu),
  ]);
  rows.unshift([
    '',
    'row',
    'pay',
    'p99 ms',
    'unscored',
    'failed',
    'hostile $',
    'hostile outcomes',
    'CPU s/s',
  ]);
  rows.push([
    '',
    'without',
    '100 %',
    `${base.p99Ms.min} to ${base.p99Ms.max}`,
    `${base.unscored.min} to ${base.unscored.max}`,
    '0',
    '',
    '',
    String(base.proberCpu.median),
  ]);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function rounded(value) {
  return value === null ? null : Number(value.toPrecision(4));
}

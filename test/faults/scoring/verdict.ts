import type { GameEvent, Scenario } from '#contracts';
import type { DataSource } from '#persistence';
import { naiveLedger, type PlainResult } from '#testing';

/** A ledger compared with the oracle's result for the acknowledged results. All counts are 0 if it is right. */
export interface Verdict {
  /** Results that only the oracle counts. */
  lost: number;
  /** Results that only the ledger counts. */
  double: number;
  /** Rows that are missing, superfluous, or differ in count or cents. */
  wrongRows: number;
  /** Teams whose salary is not the sum of their ledger. */
  wrongSalaries: number;
  /** The first few differences, as text. */
  examples: string[];
}

/** Reasons whose count is a number of results. */
const COUNTS_RESULTS = new Set(['served', 'failed', 'usage_fee']);
const MAX_EXAMPLES = 5;

interface Entry {
  count: number;
  cents: number;
}

/** Compares row by row. */
export async function judge(
  dataSource: DataSource,
  gameId: string,
  scenario: Scenario,
  events: readonly GameEvent[],
  results: readonly PlainResult[],
): Promise<Verdict> {
  return compare(
    naiveLedger(scenario, events, results),
    await readLedger(dataSource, gameId),
    await readSalaries(dataSource, gameId),
  );
}

/** @param salaries salary and sum of the ledger, by team */
export function compare(
  expected: ReadonlyMap<string, Entry>,
  actual: ReadonlyMap<string, Entry>,
  salaries: ReadonlyMap<string, { salary: number; sum: number }>,
): Verdict {
  const verdict: Verdict = { lost: 0, double: 0, wrongRows: 0, wrongSalaries: 0, examples: [] };
  const example = (text: string): void => {
    if (verdict.examples.length < MAX_EXAMPLES) verdict.examples.push(text);
  };
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const want = expected.get(key);
    const have = actual.get(key);
    if (want?.count === have?.count && want?.cents === have?.cents) continue;
    verdict.wrongRows++;
    example(
      `${key}: expected ${JSON.stringify(want ?? null)}, the ledger has ${JSON.stringify(have ?? null)}`,
    );
    if (!COUNTS_RESULTS.has(key.split('|')[3]!)) continue;
    const missing = (want?.count ?? 0) - (have?.count ?? 0);
    if (missing > 0) verdict.lost += missing;
    else verdict.double -= missing;
  }
  for (const [teamId, { salary, sum }] of salaries) {
    if (salary === sum) continue;
    verdict.wrongSalaries++;
    example(`${teamId}: the salary is ${salary}, the ledger's sum ${sum}`);
  }
  return verdict;
}

async function readLedger(dataSource: DataSource, gameId: string): Promise<Map<string, Entry>> {
  const rows = await dataSource.query<(Entry & { key: string })[]>(
    `SELECT concat_ws('|', team_id, window_index, service_id, reason, counterparty) AS key, count, cents
     FROM ledger WHERE game_id = $1`,
    [gameId],
  );
  return new Map(rows.map(({ key, count, cents }) => [key, { count, cents }]));
}

async function readSalaries(
  dataSource: DataSource,
  gameId: string,
): Promise<Map<string, { salary: number; sum: number }>> {
  const rows = await dataSource.query<{ teamId: string; salary: number; sum: number }[]>(
    `SELECT s.team_id AS "teamId", s.salary_cents AS salary, coalesce(sum(l.cents), 0)::int8 AS sum
     FROM team_score s LEFT JOIN ledger l USING (game_id, team_id)
     WHERE game_id = $1 GROUP BY s.team_id, s.salary_cents`,
    [gameId],
  );
  return new Map(rows.map(({ teamId, salary, sum }) => [teamId, { salary, sum }]));
}

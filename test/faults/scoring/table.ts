import type { Outcome } from './scenarios.js';

export const COLUMNS = [
  'scenario',
  'kills',
  'results',
  'lost',
  'double',
  'audit',
  'p50 ms',
  'p95 ms',
  'proof',
] as const;

/** The value that `percent` of the sorted values do not exceed; null for an empty list. */
export function percentile(sorted: readonly number[], percent: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)]!;
}

export function isRight({ lost, double, wrongRows, wrongSalaries, audit }: Outcome): boolean {
  return lost + double + wrongRows + wrongSalaries + audit === 0;
}

/** What `--json` prints of an outcome. */
export function toJson(outcome: Outcome): object {
  const { recoveriesMs, ...rest } = outcome;
  const rounded = (percent: number): number | null => {
    const ms = percentile(recoveriesMs, percent);
    return ms === null ? null : Math.round(ms);
  };
  return { ...rest, recoveryP50Ms: rounded(50), recoveryP95Ms: rounded(95) };
}

/** Aligned columns: text to the left, numbers to the right. */
export function toTable(outcomes: readonly Outcome[]): string {
  const ms = (value: number | null): string => (value === null ? '–' : String(Math.round(value)));
  const lines = outcomes.map((o) => [
    o.scenario,
    String(o.kills),
    String(o.results),
    String(o.lost),
    String(o.double),
    String(o.audit),
    ms(percentile(o.recoveriesMs, 50)),
    ms(percentile(o.recoveriesMs, 95)),
    Object.entries(o.proof)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
  ]);
  const all = [[...COLUMNS], ...lines];
  const widths = COLUMNS.map((_, column) => Math.max(...all.map((line) => line[column]!.length)));
  const isText = (column: number): boolean => column === 0 || column === COLUMNS.length - 1;
  return all
    .map((line) =>
      line
        .map((text, column) =>
          isText(column) ? text.padEnd(widths[column]!) : text.padStart(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

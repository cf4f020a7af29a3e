import type { PublicFault, SalaryHistory, StandingRow, StandingsView, TickerEntry } from '#contracts';

/** One team's salary over time: ascending epoch ms, and cents. */
export interface Series {
  at: number[];
  cents: number[];
}

export type SeriesByTeam = ReadonlyMap<string, Series>;

/** Live points lie at least this far apart, in event time. */
export const POINT_SPACING_MS = 2_000;
/** More points than this are thinned out, oldest first. */
export const MAX_POINTS = 900;
/** What a sparkline shows. */
export const SPARK_MS = 5 * 60_000;

export function fromHistory(history: SalaryHistory): Map<string, Series> {
  return new Map(
    history.series.map(({ teamId, at, salaryCents }) => [teamId, { at: [...at], cents: [...salaryCents] }]),
  );
}

/** Joins the server's history with the live points that are newer. */
export function mergeHistory(history: SalaryHistory, live: SeriesByTeam): Map<string, Series> {
  const merged = fromHistory(history);
  for (const [teamId, series] of live) {
    const base = merged.get(teamId) ?? { at: [], cents: [] };
    const lastAt = base.at.at(-1) ?? -Infinity;
    const from = series.at.findIndex((at) => at > lastAt);
    if (from >= 0) {
      base.at.push(...series.at.slice(from));
      base.cents.push(...series.cents.slice(from));
    }
    merged.set(teamId, base);
  }
  return merged;
}

/** The series with the view's salaries added, or the same map if no time has passed. */
export function extend(series: SeriesByTeam, asOf: number, rows: readonly StandingRow[]): SeriesByTeam {
  if (asOf <= 0) return series;
  const due = rows.filter(
    ({ team }) => asOf - (series.get(team.id)?.at.at(-1) ?? -Infinity) >= POINT_SPACING_MS,
  );
  if (due.length === 0) return series;
  const next = new Map(series);
  for (const { team, salaryCents } of due) {
    const old = series.get(team.id);
    const grown = { at: [...(old?.at ?? []), asOf], cents: [...(old?.cents ?? []), salaryCents] };
    next.set(team.id, grown.at.length > MAX_POINTS ? thin(grown, asOf - SPARK_MS) : grown);
  }
  return next;
}

/** Drops every second point before `keepFrom`. */
function thin(series: Series, keepFrom: number): Series {
  const kept = series.at.map((at, index) => at >= keepFrom || index % 2 === 0);
  return { at: series.at.filter((_, i) => kept[i]), cents: series.cents.filter((_, i) => kept[i]) };
}

/** A time during which an injection acted; `to: null` while it still does. */
export interface ChaosSpan {
  injectionId: string;
  from: number;
  to: number | null;
}

/** The chaos known so far, updated from the view. A fault that is missing without an entry ended with this view. */
export function chaosSpans(
  known: readonly ChaosSpan[],
  view: Pick<StandingsView, 'faults' | 'ticker' | 'asOf'>,
): ChaosSpan[] {
  const spans = new Map(known.map((span) => [span.injectionId, span]));
  const open = new Set(view.faults.map((fault: PublicFault) => fault.injectionId));
  for (const { at, event } of [...view.ticker].reverse() as TickerEntry[]) {
    if (event.kind === 'fault_started' && !spans.has(event.injectionId)) {
      spans.set(event.injectionId, { injectionId: event.injectionId, from: at, to: null });
    }
    if (event.kind === 'fault_ended') {
      const span = spans.get(event.injectionId);
      if (span) spans.set(event.injectionId, { ...span, to: at });
    }
  }
  for (const fault of view.faults) {
    if (!spans.has(fault.injectionId)) {
      spans.set(fault.injectionId, { injectionId: fault.injectionId, from: fault.startedAt, to: null });
    }
  }
  return [...spans.values()].map((span) =>
    span.to === null && !open.has(span.injectionId) ? { ...span, to: view.asOf } : span,
  );
}

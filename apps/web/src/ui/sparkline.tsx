import { SPARK_MS } from '../model/history.js';
import { extent, linePath, scale } from '../model/plot.js';
import { series } from '../state.js';

const SIZE = { width: 140, height: 40 };
/** A line that moved less than this is drawn flat rather than blown up. */
const MIN_SPAN_CENTS = 20_000;

/** A team's salary over the last five minutes, on its own scale. */
export function Sparkline({ teamId, losing }: { teamId: string; losing: boolean }) {
  const own = series.value.get(teamId);
  const to = own?.at.at(-1) ?? 0;
  const from = to - SPARK_MS;
  const range = own && extent([own], from);
  let path = '';
  if (own && range) {
    const pad = Math.max(0, MIN_SPAN_CENTS - (range.high - range.low)) / 2;
    path = linePath(own, scale({ from, to, low: range.low - pad, high: range.high + pad }, SIZE), from);
  }
  return (
    <span role="cell" class={losing ? 'spark losing' : 'spark'} aria-hidden="true">
      <svg viewBox={`-2 -3 ${SIZE.width + 4} ${SIZE.height + 6}`} preserveAspectRatio="none">
        <path d={path} />
      </svg>
    </span>
  );
}

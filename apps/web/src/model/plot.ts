import type { Series } from './history.js';

/** Maps values to pixels: `x(at)`, `y(cents)`. */
export interface Scale {
  x(at: number): number;
  y(cents: number): number;
}

export function scale(
  domain: { from: number; to: number; low: number; high: number },
  size: { width: number; height: number },
): Scale {
  const spanX = Math.max(1, domain.to - domain.from);
  const spanY = Math.max(1, domain.high - domain.low);
  return {
    x: (at) => ((at - domain.from) / spanX) * size.width,
    y: (cents) => size.height - ((cents - domain.low) / spanY) * size.height,
  };
}

/** SVG path data of a line through the points from `fromAt` on; empty for fewer than two. */
export function linePath(series: Series, to: Scale, fromAt = -Infinity): string {
  const first = series.at.findIndex((at) => at >= fromAt);
  if (first < 0 || series.at.length - first < 2) return '';
  let path = '';
  for (let i = first; i < series.at.length; i += 1) {
    path += `${i === first ? 'M' : 'L'}${to.x(series.at[i]!).toFixed(1)} ${to.y(series.cents[i]!).toFixed(1)}`;
  }
  return path;
}

/** Lowest and highest value from `fromAt` on; null if there is none. */
export function extent(all: Iterable<Series>, fromAt = -Infinity): { low: number; high: number } | null {
  let low = Infinity;
  let high = -Infinity;
  for (const { at, cents } of all) {
    for (let i = 0; i < at.length; i += 1) {
      if (at[i]! < fromAt) continue;
      low = Math.min(low, cents[i]!);
      high = Math.max(high, cents[i]!);
    }
  }
  return low === Infinity ? null : { low, high };
}

/** Round values between `low` and `high`, about `count` of them: 1, 2 or 5 times a power of ten apart. */
export function ticks(low: number, high: number, count: number): number[] {
  const raw = Math.max(1, (high - low) / count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw) ?? raw;
  const found: number[] = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) found.push(Math.round(at) || 0); // no −0
  return found;
}

/**
 * Places labels near their wanted heights, top to bottom, at least `gap` apart and within [top, bottom]. The order of
 * the input is kept in the output. If there is no room for all, the last ones may overlap.
 */
export function spread(wanted: readonly number[], gap: number, top: number, bottom: number): number[] {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[a]! - wanted[b]! || a - b);
  const placed: number[] = new Array<number>(wanted.length).fill(0);
  let next = top;
  for (const index of order) {
    placed[index] = Math.max(next, Math.min(wanted[index]!, bottom));
    next = placed[index] + gap;
  }
  let limit = bottom;
  for (const index of [...order].reverse()) {
    placed[index] = Math.min(placed[index]!, limit);
    limit = placed[index] - gap;
  }
  return placed;
}

/** The widest character of an axis label, and the gap between labels and drawing, in em of the drawing. */
const CHARACTER_EM = 0.6;
export const LABEL_GAP_EM = 0.6;
/** Minimum width of an axis, so that the drawing seldom moves when a label grows. */
const MIN_AXIS_EM = 3.1;

/** The width of a vertical axis for its longest label, in em. All digits have one width. */
export function axisWidthEm(labels: readonly string[]): number {
  const longest = Math.max(0, ...labels.map(({ length }) => length));
  return Math.max(MIN_AXIS_EM, LABEL_GAP_EM + longest * CHARACTER_EM);
}

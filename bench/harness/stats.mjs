/** @param {number[]} values at least one @returns {{min: number, median: number, max: number}} rounded to four digits */
export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { min: round(sorted[0]), median: round(median), max: round(sorted[sorted.length - 1]) };
}

/** Ratios per run, because a disturbance of the machine affects both sides of the same turn. */
export function ratio(ours, peers) {
  return summary(ours.map((value, i) => value / peers[i]));
}

function round(value) {
  return value === 0 ? 0 : Number(value.toPrecision(4));
}

const UNIT_MS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
/** Units in descending order, each at most once, with an optional decimal fraction. */
const DURATION = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/;

/**
 * Milliseconds of `10m`, `90s`, `1h30m`, `1.5s`, `500ms`, or of an integer number of milliseconds.
 * Undefined for anything else, including negative values and fractions of a millisecond.
 */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string' || value === '' || value.length > 40) return undefined;
  if (/^\d+$/.test(value)) return parseDuration(Number(value));
  const match = DURATION.exec(value);
  if (match === null) return undefined;
  let total = 0;
  for (const [index, unit] of ['h', 'm', 's', 'ms'].entries()) {
    const part = match[index + 1];
    if (part !== undefined) total += Number(part) * UNIT_MS[unit]!;
  }
  // Values such as 0.1 s are not exact in binary; a deviation of 0.001 or more means a true fraction.
  const rounded = Math.round(total);
  return Math.abs(total - rounded) < 1e-3 && Number.isSafeInteger(rounded) ? rounded : undefined;
}

/** The shortest text that `parseDuration` reads back to the same value: 5400000 → `1h30m`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = ms;
  let text = '';
  for (const [unit, unitMs] of Object.entries(UNIT_MS)) {
    const count = Math.floor(rest / unitMs);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitMs;
  }
  return text;
}

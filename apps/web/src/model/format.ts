/** A typographic minus sign, as wide as the plus. */
export const MINUS = '\u2212';

function grouped(absolute: number): string {
  return String(absolute).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Cents to whole dollars, rounded towards zero, so that no unearned dollar is shown. */
function wholeDollars(cents: number): number {
  return Math.floor(Math.abs(cents) / 100);
}

/** A salary: 14823099 → "$148,230", -421000 → "−$4,210". */
export function salary(cents: number): string {
  const dollars = wholeDollars(cents);
  return `${cents < 0 && dollars > 0 ? MINUS : ''}$${grouped(dollars)}`;
}

/** Pay per minute without a currency sign: 90000 → "+900", -124000 → "−1,240", 0 → "0". */
export function signed(cents: number): string {
  const dollars = wholeDollars(cents);
  if (dollars === 0) return '0';
  return `${cents < 0 ? MINUS : '+'}${grouped(dollars)}`;
}

/** An amount in a sentence: -124000 → "−$1,240", 90000 → "+$900". */
export function signedDollars(cents: number): string {
  return `${cents < 0 ? MINUS : '+'}$${grouped(wholeDollars(cents))}`;
}

/** An axis label: 15000000 → "$150k", 120000000 → "$1.2M", -50000 → "−$500". */
export function shortDollars(cents: number): string {
  const dollars = Math.round(Math.abs(cents) / 100);
  const sign = cents < 0 ? MINUS : '';
  const trim = (value: number): string => value.toFixed(1).replace(/\.0$/, '');
  if (dollars >= 1_000_000) return `${sign}$${trim(dollars / 1_000_000)}M`;
  if (dollars >= 1_000) return `${sign}$${trim(dollars / 1_000)}k`;
  return `${sign}$${dollars}`;
}

/** Time left: 6138000 → "01:42:18", 41000 → "00:41". Started seconds count, so that 00:00 means over. */
export function countdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3_600 ? rest : `${two(Math.floor(seconds / 3_600))}:${rest}`;
}

/** Time of day on this machine's clock: "14:17:42", or "14:17". */
export function timeOfDay(atMs: number, withSeconds = true): string {
  const at = new Date(atMs);
  const parts = [at.getHours(), at.getMinutes(), ...(withSeconds ? [at.getSeconds()] : [])];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** 1260.4 → "1,260"; small rates keep one decimal: 7.5 → "7.5". */
export function rate(perSecond: number): string {
  return perSecond >= 10 ? grouped(Math.round(perSecond)) : String(Math.round(perSecond * 10) / 10);
}

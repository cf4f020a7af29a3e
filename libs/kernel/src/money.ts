/** Formats cents as dollars: 123456 → "$1,234.56", -50 → "−$0.50" (with a real minus sign, U+2212). */
export function formatCents(cents: number): string {
  const absolute = Math.abs(cents);
  const dollars = Math.floor(absolute / 100)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
  return `${cents < 0 ? '\u2212' : ''}$${dollars}.${String(absolute % 100).padStart(2, '0')}`;
}

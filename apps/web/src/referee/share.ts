import type { RequestCounts } from '#contracts';

/** "0.03 %": with two decimals, rounded up, so that a small share never reads as zero. */
export function sharePercent({ requests, unscored }: RequestCounts): string {
  const percent = requests === 0 ? 0 : Math.ceil((unscored * 10_000) / requests) / 100;
  return `${percent.toFixed(2)} %`;
}

import type { PayRules, Scenario } from '#contracts';
import type { Fate } from './effect.js';
import { ZERO, fraction, plus, times, type Fraction } from './fraction.js';

/** How simultaneous requests end, as shares that add up to 1. */
export interface FateFigures {
  readonly failed: Fraction;
  /** By speed band; the last element: correct answers that are too slow for any pay. */
  readonly bands: readonly Fraction[];
}

/** Adds up declared fates. Requests without a fate are answered in the best band; answers after the timeout count as failures. */
export function fatesOf(fates: readonly Fate[], { pay, probing }: Scenario): FateFigures {
  const bands = [...pay.speedBands.map(() => ZERO), ZERO];
  let failed = ZERO;
  let restBp = 10_000;
  for (const fate of fates) {
    const share = fraction(fate.shareBp, 10_000);
    restBp -= fate.shareBp;
    if (fate.fails) {
      failed = plus(failed, share);
      continue;
    }
    const bounds = [...pay.speedBands.map(({ upToMs }) => upToMs), Infinity];
    let fromMs = 0;
    bounds.forEach((upToMs, band) => {
      const untilMs = Math.min(upToMs, probing.timeoutMs);
      if (fromMs < untilMs) bands[band] = plus(bands[band]!, times(share, within(fate, fromMs, untilMs)));
      fromMs = Math.max(fromMs, untilMs);
    });
    failed = plus(failed, times(share, within(fate, probing.timeoutMs, Infinity)));
  }
  bands[0] = plus(bands[0]!, fraction(restBp, 10_000));
  return { failed, bands };
}

/** Returns the mean pay of one request, in cents, before the service's weight. */
export function meanPay({ speedBands, failureCents, market }: PayRules, figures: FateFigures): Fraction {
  let cents = times(figures.failed, fraction(failureCents));
  speedBands.forEach((band, index) => {
    cents = plus(cents, times(figures.bands[index]!, fraction(band.cents * market.ownPercent, 100)));
  });
  return cents;
}

/** Returns the share of a delay's range in [fromMs, untilMs). The bound is exclusive, because the team's own latency is added on top. */
function within(
  delay: { readonly fromMs: number; readonly toMs: number },
  fromMs: number,
  untilMs: number,
): Fraction {
  if (delay.fromMs === delay.toMs)
    return delay.fromMs >= fromMs && delay.fromMs < untilMs ? fraction(1) : ZERO;
  const overlap = Math.min(delay.toMs, untilMs) - Math.max(delay.fromMs, fromMs);
  return overlap <= 0 ? ZERO : fraction(overlap, delay.toMs - delay.fromMs);
}

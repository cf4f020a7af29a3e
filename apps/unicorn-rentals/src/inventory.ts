/** What Unicorn.Rentals owns, and its prices. Every service of the company builds on these facts. */
export interface Unicorn {
  id: string;
  name: string;
  colour: string;
  /** Length of the horn in whole centimetres. */
  hornCm: number;
  /** How many people it carries. */
  seats: number;
}

export const UNICORNS: readonly Unicorn[] = [
  { id: 'sparkle', name: 'Sparkle', colour: 'silver', hornCm: 42, seats: 1 },
  { id: 'moonbeam', name: 'Moonbeam', colour: 'blue', hornCm: 55, seats: 2 },
  { id: 'thunderhoof', name: 'Thunderhoof', colour: 'black', hornCm: 71, seats: 3 },
  { id: 'biscuit', name: 'Biscuit', colour: 'brown', hornCm: 28, seats: 1 },
  { id: 'nimbus', name: 'Nimbus', colour: 'white', hornCm: 48, seats: 2 },
  { id: 'ruby', name: 'Ruby', colour: 'red', hornCm: 50, seats: 2 },
  { id: 'clover', name: 'Clover', colour: 'green', hornCm: 37, seats: 1 },
  { id: 'old-gold', name: 'Old Gold', colour: 'gold', hornCm: 90, seats: 4 },
];

const CENTS_PER_DAY: Readonly<Record<string, number>> = {
  sparkle: 12_900,
  moonbeam: 18_500,
  thunderhoof: 24_900,
  biscuit: 7_950,
  nimbus: 15_000,
  ruby: 16_499,
  clover: 9_999,
  'old-gold': 49_900,
};

/** A rental lasts 1 to `MAX_DAYS` days, both inclusive. */
export const MAX_DAYS = 30;

/** The unicorn with this id, or undefined. */
export function findUnicorn(id: string): Unicorn | undefined {
  return UNICORNS.find((unicorn) => unicorn.id === id);
}

/**
 * The price of a rental in integer cents, or undefined for an unknown unicorn. From 7 days on the whole rental
 * is 10 % cheaper, from 14 days on 20 %; fractions of a cent are dropped.
 */
export function priceCents(unicornId: string, days: number): number | undefined {
  if (findUnicorn(unicornId) === undefined) return undefined;
  const percent = days >= 14 ? 80 : days >= 7 ? 90 : 100;
  return Math.floor(((CENTS_PER_DAY[unicornId] ?? 0) * days * percent) / 100);
}

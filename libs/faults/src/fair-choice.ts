import { drawOrder, resolveTargets } from '#scenario';

/** A strike of a timeline that is to come. */
export interface PlannedStrike {
  /** Of the timeline's entry: seeds the draw among equals. */
  readonly id: string;
  /** How many of the pool, ≥ 0; or exactly these. */
  readonly teams: number | readonly string[];
  /** What it is expected to cost each of them, cents, ≥ 0. */
  readonly costCents: number;
  /** Teams that may be struck by it. */
  readonly pool: readonly string[];
}

export interface FairChoice {
  /** The strike whose victims are wanted. */
  readonly now: PlannedStrike & { readonly teams: number };
  /** In order of their time. Those that cost nothing may be left out. */
  readonly coming: readonly PlannedStrike[];
  readonly seed: string;
  /** Cents per team so far; absent means 0. */
  readonly dealt: ReadonlyMap<string, number>;
  /** What a typical strike of the timeline costs, cents. The teams' ends may be half of it apart. */
  readonly typicalCents: number;
}

/** So many of the coming strikes are looked at. A game has some dozens; the bound is for whoever writes thousands. */
export const LOOK_AHEAD = 40;

/**
 * The teams that a strike takes: those that were dealt least so far, ties by a seeded draw, unless that would leave the teams
 * further apart at the end than half of a typical strike costs. Strikes differ a lot (one on Black Friday costs tenfold what
 * another costs in the morning), and what the last dear one does could never be made up for. Then as few as will do give way
 * to teams that a plan of all coming strikes, the dearest dealt out first, would take.
 *
 * A pure function of what was dealt so far, the strikes to come and the seed: any process reaches the same.
 * @returns in the order of `now.pool`
 */
export function fairVictims({ now, coming, seed, dealt, typicalCents }: FairChoice): string[] {
  const least = resolveTargets(now, now.pool, seed, dealt);
  const ahead = coming.slice(0, LOOK_AHEAD).filter(({ costCents }) => costCents > 0);
  if (ahead.length === 0 || now.costCents === 0 || least.length === now.pool.length) return least;

  const all = [now, ...ahead];
  const orders = new Map(all.map((strike) => [strike, drawOrder(strike.id, strike.pool, seed)]));
  const concerned = [...new Set(all.flatMap(({ pool }) => pool))];
  const planned = dealOut(all, orders, dealt).victims.get(now)!;
  const of = (id: string): number => dealt.get(id) ?? 0;
  const byDealt = (a: string, b: string): number => of(a) - of(b) || (a < b ? -1 : 1);
  // Who was dealt most gives way first, to whom was dealt least.
  const giving = least.filter((id) => !planned.includes(id)).sort((a, b) => byDealt(b, a));
  const taking = planned.filter((id) => !least.includes(id)).sort(byDealt);
  let best = { spread: Infinity, victims: new Set<string>() };
  for (let swaps = 0; swaps <= giving.length && best.spread * 2 > typicalCents; swaps++) {
    const kept = least.filter((id) => !giving.slice(0, swaps).includes(id));
    const victims = new Set([...kept, ...taking.slice(0, swaps)]);
    const after = new Map(dealt);
    for (const id of victims) after.set(id, of(id) + now.costCents);
    const { sums } = dealOut(ahead, orders, after);
    const ends = concerned.map((id) => sums.get(id) ?? 0);
    const spread = Math.max(...ends) - Math.min(...ends);
    if (spread < best.spread) best = { spread, victims };
  }
  return now.pool.filter((id) => best.victims.has(id));
}

/** Deals strikes out, the dearest first, each to those that have least by then. */
function dealOut(
  strikes: readonly PlannedStrike[],
  orders: ReadonlyMap<PlannedStrike, readonly string[]>,
  dealt: ReadonlyMap<string, number>,
): { victims: Map<PlannedStrike, readonly string[]>; sums: Map<string, number> } {
  const sums = new Map(dealt);
  const of = (id: string): number => sums.get(id) ?? 0;
  const victims = new Map<PlannedStrike, readonly string[]>();
  for (const strike of [...strikes].sort((a, b) => b.costCents - a.costCents)) {
    const { teams } = strike;
    // Both sorts are stable: among equals the earlier strike, and the drawn order, stand.
    const chosen =
      typeof teams === 'number'
        ? [...orders.get(strike)!].sort((a, b) => of(a) - of(b)).slice(0, teams)
        : teams;
    for (const id of chosen) sums.set(id, of(id) + strike.costCents);
    victims.set(strike, chosen);
  }
  return { victims, sums };
}

import { drawOrder, resolveTargets } from '#scenario';

/** A future strike of a timeline. */
export interface PlannedStrike {
  /** Id of the timeline entry: seeds the draw among equals. */
  readonly id: string;
  /** Number of teams from the pool, ≥ 0; or exactly these teams. */
  readonly teams: number | readonly string[];
  /** Expected cost to each of them, cents, ≥ 0. */
  readonly costCents: number;
  /** Teams that it may strike. */
  readonly pool: readonly string[];
}

export interface FairChoice {
  /** The strike to choose victims for. */
  readonly now: PlannedStrike & { readonly teams: number };
  /** Ordered by time. Strikes without a cost may be omitted. */
  readonly coming: readonly PlannedStrike[];
  readonly seed: string;
  /** Cents per team so far; absent means 0. */
  readonly dealt: ReadonlyMap<string, number>;
  /** Cost of a typical strike of the timeline, cents. The final totals may be half of it apart. */
  readonly typicalCents: number;
}

/** Number of future strikes to consider. A game has a few dozen; the bound limits the work for scenarios with thousands. */
export const LOOK_AHEAD = 40;

/**
 * Chooses the victims of a strike: the teams that were dealt the least so far, ties broken by a seeded draw, unless the final
 * totals would then differ by more than half of a typical strike's cost. Costs vary a lot (a strike on Black Friday costs ten
 * times as much as one in the morning), so an expensive last strike could never be balanced out. In that case, as few teams as
 * possible are swapped for teams that a plan of all future strikes, assigned most expensive first, would choose.
 *
 * A pure function of the amounts so far, the future strikes and the seed: every process computes the same.
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
  // The team with the most is swapped out first, for the team with the least.
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

/** Assigns strikes, most expensive first, each to the teams with the lowest totals at that point. */
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
    // Both sorts are stable: among equals, the earlier strike and the drawn order win.
    const chosen =
      typeof teams === 'number'
        ? [...orders.get(strike)!].sort((a, b) => of(a) - of(b)).slice(0, teams)
        : teams;
    for (const id of chosen) sums.set(id, of(id) + strike.costCents);
    victims.set(strike, chosen);
  }
  return { victims, sums };
}

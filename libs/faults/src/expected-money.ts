/** What one strike is expected to mean to one team that serves well. Whole cents, ≥ 0; at most one of them is not 0. */
export interface ExpectedMoney {
  /** What it takes from the team: what it would have earned, less what it gets. */
  readonly costCents: number;
  /** What it brings: the pay of the additional customers of a traffic spike. */
  readonly gainCents: number;
}

export const NO_MONEY: ExpectedMoney = { costCents: 0, gainCents: 0 };

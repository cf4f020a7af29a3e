/** Expected effect of one strike on the pay of one healthy team. Whole cents, ≥ 0; at most one of the two is not 0. */
export interface ExpectedMoney {
  /** Cost: what the team would have earned, minus what it earns. */
  readonly costCents: number;
  /** Gain: the pay for the additional customers of a traffic spike. */
  readonly gainCents: number;
}

export const NO_MONEY: ExpectedMoney = { costCents: 0, gainCents: 0 };

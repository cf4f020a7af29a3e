/** What one team's answers have cost the prober, and how much they may. Times are microseconds. */
export interface WorkBudget {
  /** Earned by each request that is sent. */
  perRequestUs: number;
  /** The most that can be saved up. */
  capacityUs: number;
}

/** What a normal answer costs, generously: beyond ten times this, a measured time is the machine's and not the answer's. */
const PER_READ_US = 40;
const PER_KILOBYTE_US = 20;
const MACHINE_FACTOR = 10;

/**
 * The time that reading and judging one team's answers takes. A team earns time with each request; whose answers use up more than
 * that has them cut. What a callback took is measured, but no more is charged than its bytes can have cost at worst, so that nobody
 * pays for a machine that was held up meanwhile.
 */
export class WorkMeter {
  private leftUs: number;
  private round = -1;
  private roundUs = 0;
  private beforeUs = 0;
  private spentUs = 0;
  private strikeCount = 0;

  constructor(private readonly budget: WorkBudget) {
    this.leftUs = budget.capacityUs;
  }

  /** All that was charged. */
  get totalUs(): number {
    return this.spentUs;
  }

  /** How often an answer was cut because more was used than earned. */
  get strikes(): number {
    return this.strikeCount;
  }

  /** An answer was cut. */
  strike(): void {
    this.strikeCount++;
  }

  /** Whether more was used than earned. */
  get isOver(): boolean {
    return this.leftUs < 0;
  }

  /** A request is sent. */
  earn(): void {
    this.leftUs = Math.min(this.budget.capacityUs, this.leftUs + this.budget.perRequestUs);
  }

  /**
   * @param tookUs as measured
   * @param bytes that were read
   * @param round of the loop watch
   */
  charge(tookUs: number, bytes: number, round: number): void {
    const us = Math.min(tookUs, MACHINE_FACTOR * (PER_READ_US + (bytes / 1024) * PER_KILOBYTE_US));
    this.leftUs -= us;
    this.spentUs += us;
    if (round !== this.round) {
      this.beforeUs = round === this.round + 1 ? this.roundUs : 0;
      this.roundUs = 0;
      this.round = round;
    }
    this.roundUs += us;
  }

  /** How much of the time since the look before the last one this team itself has used up: its own lateness is not ours. */
  recentUs(round: number): number {
    if (round === this.round) return this.roundUs + this.beforeUs;
    return round === this.round + 1 ? this.roundUs : 0;
  }
}

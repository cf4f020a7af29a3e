/** How much of the prober's time one team's answers may take. Times are microseconds. */
export interface WorkBudget {
  /** Earned with each request. */
  perRequestUs: number;
  /** The most that can accumulate. */
  capacityUs: number;
}

/** A generous estimate of a normal answer's cost: a measured time beyond ten times this is due to the machine, not the answer. */
const PER_READ_US = 40;
const PER_KILOBYTE_US = 20;
const MACHINE_FACTOR = 10;

/**
 * Measures the time that reading and judging one team's answers takes. A team earns time with each request; if its answers use
 * more than that, they are cut. Callbacks are measured, but the charge is at most what their bytes can cost, so that no team
 * pays for a delay of the machine.
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

  /** Total time charged. */
  get totalUs(): number {
    return this.spentUs;
  }

  /** How often an answer was cut because its team had used more than it earned. */
  get strikes(): number {
    return this.strikeCount;
  }

  /** Records that an answer was cut. */
  strike(): void {
    this.strikeCount++;
  }

  /** Whether the team has used more than it earned. */
  get isOver(): boolean {
    return this.leftUs < 0;
  }

  /** Records that a request is sent. */
  earn(): void {
    this.leftUs = Math.min(this.budget.capacityUs, this.leftUs + this.budget.perRequestUs);
  }

  /**
   * @param tookUs as measured
   * @param bytes number of bytes read
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

  /** Time that this team has used since the check before the last one: delay that it caused itself is not the prober's. */
  recentUs(round: number): number {
    if (round === this.round) return this.roundUs + this.beforeUs;
    return round === this.round + 1 ? this.roundUs : 0;
  }
}

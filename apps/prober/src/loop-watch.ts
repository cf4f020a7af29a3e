/** When a message can have arrived, monotonic microseconds: not before `earliestUs` and not after `latestUs`. */
export interface Arrival {
  earliestUs: number;
  latestUs: number;
}

/** A round of deliveries with a larger delay counts as a stall. */
const STALL_US = 5_000;
/** How long a round may last without a mark at its end, microseconds. */
const UNMARKED_US = 300;

/** The watch's sources of time. */
export interface LoopClock {
  monotonicUs(): number;
  /** How long the event loop has waited for events since it started, microseconds. */
  idleUs(): number;
}

/**
 * Dates what the event loop delivers. While the loop runs callbacks it does not poll, so what arrives meanwhile seems late. The loop
 * waits only if a poll finds nothing: so whatever ends the wait arrived at that moment, and what a poll finds without waiting
 * arrived after the previous poll. The difference is the prober's own delay, not the peer's.
 *
 * A process that does not get the processor can't tell that from waiting. But the next tick bounds the wait: if the loop wakes
 * later than that, it was preempted.
 *
 * Call `look` first in every socket callback, `tick` at the beginning of a time step, and `rest` at its end.
 */
export class LoopWatch {
  /** Everything that had arrived by then has been delivered or is being delivered. */
  private lastLookUs: number;
  /** The last known moment at which the loop had not begun to wait. */
  private workedUs: number;
  private idleUs: number;
  /** When the loop wakes by itself at the latest. */
  private wakeUs = Infinity;
  private arrival: Arrival | null = null;
  private currentRound = 0;
  /** A mark is set at the end of this round of deliveries. */
  private isMarked = false;
  /** The latest round of deliveries is over, and no poll after it is known. */
  private isBehindRound = false;
  private totalStalledUs = 0;

  /** @param afterRound calls back at the end of the round of deliveries (`setImmediate`) */
  constructor(
    private readonly clock: LoopClock,
    private readonly afterRound: (done: () => void) => void,
  ) {
    this.workedUs = this.lastLookUs = clock.monotonicUs();
    this.idleUs = clock.idleUs();
  }

  /** Everything that arrived before this moment has been delivered. It never decreases. */
  get lookedUs(): number {
    return this.lastLookUs;
  }

  /** Counts rounds of deliveries and ticks: between two equal values, the loop has not polled. */
  get round(): number {
    return this.currentRound;
  }

  /** Total delay of deliveries, over all rounds that were late by more than `STALL_US`. */
  get stalledUs(): number {
    return this.totalStalledUs;
  }

  /** Maximum delay of the current delivery; 0 outside of deliveries. Microseconds. */
  get doubtUs(): number {
    if (this.arrival === null || this.clock.idleUs() !== this.idleUs) return 0;
    return this.clock.monotonicUs() - this.arrival.earliestUs;
  }

  /** When the current delivery can have arrived. */
  measureArrival(): Arrival {
    const nowUs = this.clock.monotonicUs();
    const idleUs = this.clock.idleUs();
    const waited = idleUs !== this.idleUs;
    if (this.arrival !== null && !waited) return this.again(this.arrival, nowUs);
    // A poll found whatever is delivered.
    this.isBehindRound = false;
    const arrival = this.advance(this.lastLookUs, nowUs, idleUs);
    this.isBehindRound = true;
    this.arrival = arrival;
    const lateUs = arrival.latestUs - arrival.earliestUs;
    if (lateUs > STALL_US) this.totalStalledUs += lateUs;
    if (!waited) this.markEnd();
    return arrival;
  }

  /** Records until when the deliveries kept the loop busy. */
  workedUntil(us: number): void {
    this.workedUs = us;
  }

  /**
   * The loop has not waited since the latest poll: it is still in the same round, or in a later one that is not known. A mark that the loop
   * passes at the end of each round costs as much as reading an answer; it is set only where the rounds would grow long without it.
   */
  private again(arrival: Arrival, nowUs: number): Arrival {
    if (this.isMarked) return arrival;
    if (nowUs - arrival.earliestUs < UNMARKED_US) return arrival;
    this.markEnd();
    const lateUs = nowUs - arrival.latestUs;
    if (lateUs > STALL_US) this.totalStalledUs += lateUs;
    return (this.arrival = { earliestUs: arrival.earliestUs, latestUs: nowUs });
  }

  private markEnd(): void {
    if (this.isMarked) return;
    this.isMarked = true;
    this.afterRound(this.endRound);
  }

  /** Begins a time step. */
  tick(): void {
    this.arrival = null;
    this.advance(this.lastLookUs, this.clock.monotonicUs(), this.clock.idleUs());
  }

  /** Ends a time step. @param nextTickUs the next one begins within this many microseconds */
  rest(nextTickUs: number): void {
    this.isBehindRound = false;
    this.workedUs = this.clock.monotonicUs();
    this.wakeUs = this.workedUs + nextTickUs;
  }

  private readonly endRound = (): void => {
    this.isMarked = false;
    this.arrival = null;
    this.isBehindRound = true;
    this.workedUs = this.clock.monotonicUs();
  };

  private advance(before: number, nowUs: number, idleUs: number): Arrival {
    const waitedUs = idleUs - this.idleUs;
    // The loop polled when its callbacks were done, and then waited: this is when it woke, unless it was preempted.
    const wokeUs = Math.min(this.workedUs + waitedUs, Math.max(this.workedUs, this.wakeUs), nowUs);
    this.idleUs = idleUs;
    this.workedUs = nowUs;
    // Timers run right after a round of deliveries; unless the loop has waited since, it has not polled again.
    if (!this.isBehindRound || waitedUs > 0) this.lastLookUs = Math.max(before, wokeUs);
    this.currentRound++;
    return { earliestUs: waitedUs > 0 ? this.lastLookUs : before, latestUs: nowUs };
  }
}

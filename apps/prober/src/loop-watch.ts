/** When a message can have arrived, monotonic microseconds: after `earliestUs`, or just then, and by `latestUs`. */
export interface Arrival {
  earliestUs: number;
  latestUs: number;
}

/** A round of deliveries that is later than this is counted as a stall. */
const STALL_US = 5_000;
/** So long a round may have no mark at its end. Microseconds. */
const UNMARKED_US = 300;

/** What the watch is told of time. */
export interface LoopClock {
  monotonicUs(): number;
  /** How long the event loop has waited for events since it began, microseconds. */
  idleUs(): number;
}

/**
 * Dates what the event loop delivers. While the loop works, nothing is looked at, and what arrives meanwhile seems late. The loop
 * waits only when nothing was there: so whatever ends its waiting came at that moment, and what is there without waiting came
 * after the look before. The difference is our own delay, and not the far side's.
 *
 * A process that does not get the processor can't tell that from waiting. But the next tick bounds the waiting: when the loop wakes
 * later than that, it was held up.
 *
 * Call `look` first in every callback of a socket, `tick` at the beginning of a step of time, and `rest` at its end.
 */
export class LoopWatch {
  /** Everything that had arrived by then has been delivered, or is being delivered now. */
  private lastLookUs: number;
  /** The last moment, as far as known, at which the loop had not begun to wait. */
  private workedUs: number;
  private idleUs: number;
  /** When the loop is to wake by itself at the latest. */
  private wakeUs = Infinity;
  private arrival: Arrival | null = null;
  private currentRound = 0;
  /** The loop passes a mark when this round of deliveries is over. */
  private isMarked = false;
  /** The latest round of deliveries is over, and nobody knows of a look behind it. */
  private isBehindRound = false;
  private totalStalledUs = 0;

  /** @param afterRound calls back once the round of deliveries is over (`setImmediate`) */
  constructor(
    private readonly clock: LoopClock,
    private readonly afterRound: (done: () => void) => void,
  ) {
    this.workedUs = this.lastLookUs = clock.monotonicUs();
    this.idleUs = clock.idleUs();
  }

  /** Whatever arrived before this moment has been delivered. It never goes back. */
  get lookedUs(): number {
    return this.lastLookUs;
  }

  /** Counts the rounds of deliveries and the ticks: two equal values, and no look lies between. */
  get round(): number {
    return this.currentRound;
  }

  /** How much later than it can have come something was delivered, over all rounds that were late by more than `STALL_US`. */
  get stalledUs(): number {
    return this.totalStalledUs;
  }

  /** How late what is being delivered now may be; 0 outside of deliveries. Microseconds. */
  get doubtUs(): number {
    if (this.arrival === null || this.clock.idleUs() !== this.idleUs) return 0;
    return this.clock.monotonicUs() - this.arrival.earliestUs;
  }

  /** When what is being delivered now can have arrived. */
  measureArrival(): Arrival {
    const nowUs = this.clock.monotonicUs();
    const idleUs = this.clock.idleUs();
    if (this.arrival !== null && idleUs === this.idleUs) return this.again(this.arrival, nowUs);
    const waited = idleUs !== this.idleUs;
    // Whatever is delivered was found by a look.
    this.isBehindRound = false;
    const arrival = this.advance(this.lastLookUs, nowUs, idleUs);
    this.isBehindRound = true;
    this.arrival = arrival;
    const lateUs = arrival.latestUs - arrival.earliestUs;
    if (lateUs > STALL_US) this.totalStalledUs += lateUs;
    if (!waited) this.markEnd();
    return arrival;
  }

  /** What the loop delivered kept it at work until then. */
  workedUntil(us: number): void {
    this.workedUs = us;
  }

  /**
   * The loop has not waited since the latest look: it is still the same round, or one behind it that is not known of. A mark that the loop
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

  /** A step of time begins. */
  tick(): void {
    this.arrival = null;
    this.advance(this.lastLookUs, this.clock.monotonicUs(), this.clock.idleUs());
  }

  /** A step of time ends; the next one is to begin within so many microseconds. */
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
    // The loop looked when it had ceased to work, and then waited: this is when it woke, as far as that is its own doing.
    const wokeUs = Math.min(this.workedUs + waitedUs, Math.max(this.workedUs, this.wakeUs), nowUs);
    this.idleUs = idleUs;
    this.workedUs = nowUs;
    // Timers come right behind a round of deliveries; unless the loop has waited since, it has not looked again.
    if (!this.isBehindRound || waitedUs > 0) this.lastLookUs = Math.max(before, wokeUs);
    this.currentRound++;
    return { earliestUs: waitedUs > 0 ? this.lastLookUs : before, latestUs: nowUs };
  }
}

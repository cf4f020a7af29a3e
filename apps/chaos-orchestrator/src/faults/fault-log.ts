import { Inject, Injectable } from '@nestjs/common';
import type { Fault } from '#faults';
import { messageOf, type Timers } from '#kernel';
import type { Logger } from '#runtime';
import { CHAOS_STORE, type ChaosStore, type NewEvent } from '../store/store.js';
import { CHAOS_LOGGER } from '../telemetry.js';
import { TIMERS } from './tokens.js';

const RETRY_MS = 500;

/**
 * Stores fault states in order, many in one transaction. While the database is down, storing is delayed but undoing is not:
 * callers await `write` only before they break something.
 */
@Injectable()
export class FaultLog {
  private faults = new Map<string, Fault>();
  private events: NewEvent[] = [];
  private waiting: (() => void)[] = [];
  private running: Promise<void> | undefined;
  private closed = false;

  constructor(
    @Inject(CHAOS_STORE) private readonly store: ChaosStore,
    @Inject(TIMERS) private readonly timers: Timers,
    @Inject(CHAOS_LOGGER) private readonly logger: Logger,
  ) {}

  /** Resolves when it is durable. */
  write(fault: Fault, events: readonly NewEvent[]): Promise<void> {
    this.faults.set(`${fault.gameId} ${fault.info.id}`, fault);
    this.events.push(...events);
    const durable = new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running ??= this.run();
    return durable;
  }

  /** Resolves when everything written so far is durable. */
  flushed(): Promise<void> {
    if (this.running === undefined) return Promise.resolve();
    return new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Tries once more to store what is pending, then stops. The next process redoes what is lost. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const { faults, events, waiting } = this;
      this.faults = new Map();
      this.events = [];
      this.waiting = [];
      try {
        await this.store.save([...faults.values()], events);
        for (const resolve of waiting) resolve();
      } catch (error) {
        // Put the batch back in front of newer writes; the newer state of each fault wins.
        this.faults = new Map([...faults, ...this.faults]);
        this.events = [...events, ...this.events];
        this.waiting = [...waiting, ...this.waiting];
        this.logger.error({ err: error }, `faults could not be stored: ${messageOf(error)}`);
        if (this.closed) break;
        await new Promise<void>((resolve) => this.timers.after(RETRY_MS, resolve));
      }
    }
    this.running = undefined;
  }
}

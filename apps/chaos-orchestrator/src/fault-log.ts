import { messageOf, type Timers } from '#kernel';
import type { Fault } from '#faults';
import type { Logger } from '#runtime';
import type { ChaosStore, NewEvent } from './store.js';

const RETRY_MS = 500;

/**
 * Stores what happens to faults, in order, many in one transaction. A database that is away delays the storing, never
 * the undoing: callers wait for `write` before they break something, and only then.
 */
export class FaultLog {
  private faults = new Map<string, Fault>();
  private events: NewEvent[] = [];
  private waiting: (() => void)[] = [];
  private running: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly parts: {
      store: Pick<ChaosStore, 'save'>;
      timers: Timers;
      logger: Logger;
    },
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

  /** Tries once more to store what waits, then stops. What is lost is done again after a restart. */
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
        await this.parts.store.save([...faults.values()], events);
        for (const resolve of waiting) resolve();
      } catch (error) {
        // Put back in front of what came meanwhile; of each fault the later state counts.
        this.faults = new Map([...faults, ...this.faults]);
        this.events = [...events, ...this.events];
        this.waiting = [...waiting, ...this.waiting];
        this.parts.logger.error({ err: error }, `faults could not be stored: ${messageOf(error)}`);
        if (this.closed) break;
        await new Promise<void>((resolve) => this.parts.timers.after(RETRY_MS, resolve));
      }
    }
    this.running = undefined;
  }
}

import type { Timers } from '#kernel';

/** Interval of polling for other processes' appends. A poll costs about a microsecond for each waiting reader. */
export const POLL_MS = 20;

interface Waiter {
  hasMore(): boolean;
  wake(): void;
}

/**
 * Wakes readers that wait for records: at once after appends of this process, and within `POLL_MS` after those of
 * others. Without waiting readers no timer runs.
 */
export class Wakeups {
  private readonly waiters = new Map<string, Set<Waiter>>();
  private polling: AbortController | undefined;

  constructor(private readonly timers: Timers) {}

  /** Resolves when `hasMore` returns true, when the place is notified, or when the signal aborts. */
  wait(place: string, hasMore: () => boolean, signal: AbortSignal): Promise<void> {
    if (signal.aborted || hasMore()) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter: Waiter = {
        hasMore,
        wake: () => {
          signal.removeEventListener('abort', waiter.wake);
          this.remove(place, waiter);
          resolve();
        },
      };
      signal.addEventListener('abort', waiter.wake);
      const waiting = this.waiters.get(place) ?? new Set();
      this.waiters.set(place, waiting.add(waiter));
      if (!this.polling) void this.poll();
    });
  }

  notify(place: string): void {
    for (const waiter of this.waiters.get(place) ?? []) waiter.wake();
  }

  private remove(place: string, waiter: Waiter): void {
    const waiting = this.waiters.get(place);
    waiting?.delete(waiter);
    if (waiting?.size === 0) this.waiters.delete(place);
    if (this.waiters.size === 0) this.polling?.abort();
  }

  private async poll(): Promise<void> {
    const polling = new AbortController();
    this.polling = polling;
    for (;;) {
      await this.timers.sleep(POLL_MS, polling.signal);
      // Readers that wake and wait again within one turn must not join a poll that is just ending.
      if (polling.signal.aborted) break;
      for (const waiting of this.waiters.values())
        for (const waiter of waiting) if (lookedOrFailed(waiter)) waiter.wake();
    }
    if (this.polling === polling) this.polling = undefined;
    if (this.waiters.size > 0 && !this.polling) void this.poll();
  }
}

/** A failed poll also wakes its reader: its read will fail as well, and readers report and retry. */
function lookedOrFailed(waiter: Waiter): boolean {
  try {
    return waiter.hasMore();
  } catch {
    return true;
  }
}

import type { DnsTime } from '../dns/index.js';

/** Time that passes only when a test says so. What is due runs in order, and what it promises is done before time goes on. */
export class ManualTime implements DnsTime {
  private currentMs = 0;
  private timers: { atMs: number; run: () => void }[] = [];

  nowMs(): number {
    return this.currentMs;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.currentMs + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.currentMs + ms;
    await turn();
    for (;;) {
      // The first of several that are due at the same time: they were made in this order.
      const next = this.timers
        .filter(({ atMs }) => atMs <= untilMs)
        .reduce<{ atMs: number; run: () => void } | null>(
          (first, each) => (first === null || each.atMs < first.atMs ? each : first),
          null,
        );
      if (next === null) break;
      this.timers = this.timers.filter((each) => each !== next);
      this.currentMs = next.atMs;
      next.run();
      await turn();
    }
    this.currentMs = untilMs;
  }
}

/** Lets everything run that waits for promises only. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

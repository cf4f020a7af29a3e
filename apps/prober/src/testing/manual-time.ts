import type { DnsTime } from '../dns/index.js';

/** Time that a test advances. Due callbacks run in order, and their promises settle before time advances further. */
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
      // The first of several that are due at the same time, in order of creation.
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

/** Runs everything that waits only for promises. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

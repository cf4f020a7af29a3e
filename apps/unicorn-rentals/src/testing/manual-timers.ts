import type { Timers } from '../sandbox/timers.js';

/** Timers that a test moves by hand. */
export class ManualTimers implements Timers {
  private now = 0;
  private pending: { at: number; work: () => void }[] = [];

  nowMs(): number {
    return this.now;
  }

  after(ms: number, work: () => void): () => void {
    const entry = { at: this.now + ms, work };
    this.pending.push(entry);
    return () => {
      this.pending = this.pending.filter((other) => other !== entry);
    };
  }

  /** Number of timers that are set. */
  get count(): number {
    return this.pending.length;
  }

  /** Lets `ms` pass: runs due timers in order of time, and lets promises settle after each. */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      await settle();
      const next = this.pending.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.pending = this.pending.filter((other) => other !== next);
      this.now = next.at;
      next.work();
    }
    this.now = end;
    await settle();
  }
}

/** Lets every promise that can settle, settle. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

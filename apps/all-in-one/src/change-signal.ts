/** Lets callers wait for a condition that can only become true when `notify` is called. */
export class ChangeSignal {
  private readonly waiting = new Set<() => void>();

  notify(): void {
    for (const wake of [...this.waiting]) wake();
  }

  /** Resolves to true when the condition holds, to false after `withinMs` (Infinity: never). */
  async until(holds: () => boolean, withinMs: number): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    while (!holds()) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return false;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.waiting.delete(wake);
          resolve();
        };
        const timer = leftMs === Infinity ? undefined : setTimeout(wake, leftMs);
        this.waiting.add(wake);
      });
    }
    return true;
  }
}

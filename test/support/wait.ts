export interface Patience {
  withinMs: number;
  /** Pause between two attempts. Default 50. */
  everyMs?: number;
  /** Called after every failed attempt: true gives up at once. */
  unless?: () => boolean;
}

/** The first result of `attempt` without an error; after the time limit, its last error. */
export async function eventually<T>(attempt: () => T | Promise<T>, patience: Patience): Promise<T> {
  const deadline = performance.now() + patience.withinMs;
  for (;;) {
    const isOver = performance.now() >= deadline || (patience.unless?.() ?? false);
    try {
      return await attempt();
    } catch (error) {
      if (isOver) throw error;
    }
    await sleep(patience.everyMs ?? 50);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

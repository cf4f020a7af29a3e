export interface Patience {
  withinMs: number;
  /** Pause between two tries. Default 50. */
  everyMs?: number;
  /** Asked after every failed try: true gives up at once. */
  unless?: () => boolean;
}

/** The first answer of `attempt` that is no error; when time is up, its last error. */
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

/**
 * Measures one side while it drains the topic: CPU-seconds from `warm` processed results until all are processed.
 * @param {{processed: () => Promise<number>, cpu: () => number}} side
 * @returns {Promise<{results: number, cpuSeconds: number, seconds: number}>}
 */
export async function drain(side, warm, total, withinMs) {
  const deadline = performance.now() + withinMs;
  let from = null;
  for (;;) {
    const count = await side.processed();
    const now = { count, cpu: side.cpu(), at: performance.now() };
    if (from === null && count >= warm) from = now;
    if (count >= total) {
      if (count > total) throw new Error(`${count} of ${total} results were processed`);
      if (from === now) throw new Error('the run ended during the warm-up; measure more results');
      return {
        results: now.count - from.count,
        cpuSeconds: now.cpu - from.cpu,
        seconds: (now.at - from.at) / 1000,
      };
    }
    if (now.at > deadline) throw new Error(`only ${count} of ${total} results within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

import { setImmediate, setTimeout } from 'node:timers/promises';
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { CoreRun } from './core-run.mjs';

/**
 * Bytes allocated per result on the heap and in array buffers, measured over one commit at a time.
 * A commit during which a collection ran is measured again, because the freed memory would be missing.
 * @returns {Promise<number[]>}
 */
export async function allocationPerResult(teams, size, runs) {
  let collections = 0;
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
  observer.observe({ entryTypes: ['gc'] });
  const run = new CoreRun(teams, size, true);
  run.seconds(5);
  const found = [];
  for (let attempt = 0; attempt < 20 * runs && found.length < runs; attempt++) {
    globalThis.gc();
    // Buffers are still freed in the background for a while after a collection.
    await setTimeout(50);
    collections = 0;
    const { results, bytes } = measured(run);
    await setImmediate();
    await setTimeout(5);
    if (collections === 0 && bytes > 0) found.push(bytes / results);
  }
  observer.disconnect();
  return found;
}

function measured(run) {
  let before = 0;
  let after = 0;
  const results = run.slot((phase) => {
    if (phase === 'begin') before = used();
    else after = used();
  });
  return { results, bytes: after - before };
}

function used() {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

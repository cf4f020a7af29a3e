import { LeakyMemory } from '../leaky-memory.js';
import { type FaultKind, integerParams } from './kind.js';

const MIB = 1024 * 1024;
const STEP_MS = 1_000;
/** How much later answers come just below the cap. */
const WORST_DELAY_MS = 1_500;

/**
 * The service holds more and more memory. From half of the cap on it spends its time collecting garbage: answers get
 * slower. At the cap it dies, its memory is freed, and only a clean version starts it again.
 */
export const memoryLeak: FaultKind = {
  kind: 'memory-leak',
  strikes: 'service',
  begin(params, { timers, ended, availableBytes, changed }) {
    const { mebibytesPerSecond, capMebibytes } = integerParams('memory-leak', params, {
      mebibytesPerSecond: [1, 16],
      capMebibytes: [8, 64],
    });
    const memory = new LeakyMemory(capMebibytes * MIB, availableBytes);
    let isDead = false;
    let cancel = (): void => undefined;
    ended.addEventListener(
      'abort',
      () => {
        cancel();
        memory.release();
      },
      { once: true },
    );
    const step = (): void => {
      memory.leak(mebibytesPerSecond * MIB);
      if (memory.leakedBytes < memory.capBytes) {
        cancel = timers.after(STEP_MS, step);
        return;
      }
      isDead = true;
      memory.release();
      changed();
    };
    return {
      start: step,
      get refusesConnections() {
        return isDead;
      },
      async intercept(_request, next) {
        const delayMs = WORST_DELAY_MS * strain(memory.leakedBytes / memory.capBytes);
        if (delayMs > 0) await timers.sleep(delayMs, ended);
        return next();
      },
    };
  },
};

/** 0 up to half of the cap, 1 at the cap. */
function strain(share: number): number {
  return Math.max(0, 2 * share - 1) ** 2;
}

import { ChangeSignal } from './change-signal.js';

it('wakes every caller whose condition holds, and the others only when their time is over', async () => {
  const signal = new ChangeSignal();
  let count = 0;
  const first = signal.until(() => count >= 1, Infinity);
  const second = signal.until(() => count >= 2, 60_000);
  const late = signal.until(() => count >= 3, 20);
  count = 1;
  signal.notify();
  expect(await first).toBe(true);
  count = 2;
  signal.notify();
  expect(await second).toBe(true);
  expect(await late).toBe(false);
  expect(await signal.until(() => count === 2, 0)).toBe(true);
});

import { ManualTime, settled } from '#testing';
import { Deferred, SerialQueue, backoffMs, retryUntil } from './index.js';
import { systemTimers } from './system/index.js';

describe('SerialQueue', () => {
  it('runs one task at a time, in order, whatever the earlier ones did', async () => {
    const queue = new SerialQueue();
    const log: string[] = [];
    const first = new Deferred();
    const results = [
      queue.run(async () => {
        log.push('first begins');
        await first.promise;
        throw new Error('first failed');
      }),
      queue.run(() => log.push('second')),
    ];
    await settled();
    expect(log).toEqual(['first begins']);
    first.resolve();
    await queue.idle();
    await expect(results[0]).rejects.toThrow('first failed');
    expect(log).toEqual(['first begins', 'second']);
  });

  it('refuses a task beyond its limit, and takes tasks again once it has room', async () => {
    const queue = new SerialQueue({ maxTasks: 1, refuse: () => new Error('full') });
    const running = new Deferred();
    const first = queue.run(() => running.promise);
    await expect(queue.run(() => 1)).rejects.toThrow('full');
    running.resolve();
    await first;
    expect(await queue.run(() => 2)).toBe(2);
  });
});

describe('retryUntil', () => {
  it('retries with growing pauses until the action succeeds', async () => {
    const time = new ManualTime(0);
    const at: number[] = [];
    const failures: unknown[] = [];
    const result = retryUntil({ timers: time, report: (error) => failures.push(error) }, () => {
      at.push(time.nowMs());
      if (at.length < 4) throw new Error('not yet');
      return 'done';
    });
    await time.pass(1_000);
    expect(await result).toBe('done');
    expect(at).toEqual([0, 50, 150, 350]);
    expect(failures).toHaveLength(3);
    expect([0, 6, 7, 1000].map((attempt) => backoffMs(attempt))).toEqual([50, 3200, 5000, 5000]);
  });

  it('throws what no retry resolves, and ends with the signal', async () => {
    const time = new ManualTime();
    const mayRetry = (error: unknown): boolean => String(error) !== 'Error: permanent';
    await expect(
      retryUntil({ timers: time, mayRetry }, () => Promise.reject(new Error('permanent'))),
    ).rejects.toThrow('permanent');
    const abort = new AbortController();
    const ended = retryUntil({ timers: time, signal: abort.signal, mayRetry }, () =>
      Promise.reject(new Error('transient')),
    );
    await settled();
    expect(time.pendingTimers).toBe(1);
    abort.abort();
    expect(await ended).toBeUndefined();
    expect(time.pendingTimers).toBe(0);
  });
});

describe('timers', () => {
  it('every fires in each period until it is stopped; after fires once unless it is cancelled', () => {
    const time = new ManualTime(0);
    const log: string[] = [];
    const stop = time.every(10, () => log.push(`every ${time.nowMs()}`));
    time.after(15, () => log.push(`after ${time.nowMs()}`));
    time.after(5, () => log.push('never'))();
    time.advance(25);
    stop();
    time.advance(100);
    expect(log).toEqual(['every 10', 'after 15', 'every 20']);
  });

  it('the platform sleeps, and stops when the signal aborts', async () => {
    await systemTimers.sleep(1);
    const abort = new AbortController();
    const slept = systemTimers.sleep(3_600_000, abort.signal);
    abort.abort();
    await slept;
    await systemTimers.sleep(3_600_000, abort.signal);
  });

  it('the platform waits for delays beyond the limit of setTimeout instead of firing at once', async () => {
    const fired: string[] = [];
    const cancel = systemTimers.after(2 ** 31, () => fired.push('long'));
    const stop = systemTimers.every(1, () => fired.push('every'));
    while (fired.length < 2) await systemTimers.sleep(1);
    cancel();
    stop();
    expect(new Set(fired)).toEqual(new Set(['every']));
  });
});

it('a Deferred tells whether it is settled', async () => {
  const deferred = new Deferred<number>();
  expect(deferred.isSettled).toBe(false);
  deferred.resolve(1);
  expect(deferred.isSettled).toBe(true);
  expect(await deferred.promise).toBe(1);
  const rejected = new Deferred();
  rejected.reject(new Error('no'));
  await expect(rejected.promise).rejects.toThrow('no');
});

import type { AuditEntry } from '#persistence';
import { ManualTime } from '#testing';
import { AuditFeed } from './audit-feed.js';

describe('AuditFeed', () => {
  const entry = (seq: number): AuditEntry => ({ seq }) as AuditEntry;

  it('polls one at a time, even if all facilitators leave during a poll and one returns', async () => {
    const time = new ManualTime();
    let asked = 0;
    const readLatest = (): Promise<AuditEntry[]> => {
      asked++;
      return new Promise((resolve) => time.after(10, () => resolve([entry(1)])));
    };
    const feed = new AuditFeed(
      readLatest,
      time,
      () => undefined,
      () => undefined,
    );
    for (let n = 0; n < 5; n++) {
      feed.start();
      feed.stop();
    }
    feed.start();
    await time.pass(100);
    asked = 0;
    await time.pass(5_100);
    feed.stop();
    expect(asked).toBeLessThanOrEqual(11);
  });

  it('reports only entries after the first facilitator connected', async () => {
    const time = new ManualTime();
    const log = [entry(1)];
    const readLatest = (): Promise<AuditEntry[]> =>
      new Promise((resolve) => time.after(10, () => resolve([...log].reverse())));
    const told: number[] = [];
    const feed = new AuditFeed(
      readLatest,
      time,
      ({ seq }) => told.push(seq),
      () => undefined,
    );
    feed.start();
    await time.pass(600);
    log.push(entry(2), entry(3));
    await time.pass(600);
    feed.stop();
    expect(told).toEqual([2, 3]);
  });
});

import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { LagHistogram } from './lag-histogram.js';

it("reports the same to a registry as prom-client's own histogram", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3_000_000 }), { maxLength: 50 }), async (lags) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const lag = new LagHistogram(ours, 'lag_seconds', 'How late');
      const buckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2];
      const peer = new Histogram({ name: 'lag_seconds', help: 'How late', buckets, registers: [theirs] });
      for (const us of lags) {
        lag.observe(us);
        peer.observe(us / 1e6);
      }
      const lines = async (registry: Registry): Promise<string[]> => (await registry.metrics()).split('\n');
      const withoutSum = (all: string[]): string[] =>
        all.filter((line) => !line.startsWith('lag_seconds_sum'));
      expect(withoutSum(await lines(ours))).toEqual(withoutSum(await lines(theirs)));
      const sum = Number(
        (await lines(ours)).find((line) => line.startsWith('lag_seconds_sum'))!.split(' ')[1],
      );
      expect(sum).toBeCloseTo(lags.reduce((all, us) => all + us, 0) / 1e6, 6);
    }),
  );
});

import fc from 'fast-check';
import { OUTCOMES, PROBE_BATCH_LIMITS, type ProbeSample } from '#contracts';
import { MAX_RESULTS_PER_BATCH, TeamResults } from './result-buffer.js';

const OK = OUTCOMES.indexOf('ok');
const TIMEOUT = OUTCOMES.indexOf('timeout');
const WINDOW_MS = 1_000;
const SERVICES = ['router', 'catalog'];

interface Added {
  service: number;
  intendedAt: number;
  latencyUs: number;
  outcome: number;
}
const sample = (intendedAt: number): Omit<ProbeSample, 'index'> => ({
  checkId: 'c',
  request: `GET /${intendedAt}`,
  expected: '',
  got: '',
});

function newResults(): TeamResults {
  return new TeamResults(
    { gameId: 'g', teamId: 't', serviceIds: SERVICES, proberId: 'p', epoch: 1 },
    WINDOW_MS,
  );
}

function addAll(results: TeamResults, added: readonly Added[]): void {
  for (const { service, intendedAt, latencyUs, outcome } of added)
    results.add(service, {
      intendedAt,
      latencyUs,
      outcome,
      sample: outcome === OK ? null : () => sample(intendedAt),
    });
}

const addedResult: fc.Arbitrary<Added> = fc.record({
  service: fc.nat(SERVICES.length - 1),
  intendedAt: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_005_000 }),
  latencyUs: fc.nat(PROBE_BATCH_LIMITS.maxLatencyUs),
  outcome: fc.constantFrom(OK, TIMEOUT),
});

describe('results on their way into batches', () => {
  it('come out as they went in, service by service, whatever is drained in between', () => {
    fc.assert(
      fc.property(fc.array(fc.array(addedResult, { maxLength: 40 }), { maxLength: 8 }), (rounds) => {
        const results = newResults();
        let seq = 0;
        for (const added of rounds) {
          addAll(results, added);
          expect(results.count).toBe(added.length);
          const batches = results.drain(0);
          expect(results.count).toBe(0);
          expect(batches.map((batch) => batch.seq)).toEqual(batches.map(() => seq++));
          for (const [service, serviceId] of SERVICES.entries()) {
            const rows = batches
              .filter((batch) => batch.serviceId === serviceId)
              .flatMap(({ baseIntendedAtMs, offsetMs, latencyUs, outcome }) =>
                Array.from(outcome, (code, i) => [baseIntendedAtMs + offsetMs[i]!, latencyUs[i], code]),
              );
            expect(rows).toEqual(
              added
                .filter((one) => one.service === service)
                .map(({ intendedAt, latencyUs, outcome }) => [intendedAt, latencyUs, outcome]),
            );
          }
          for (const { samples, baseIntendedAtMs, offsetMs, outcome } of batches)
            for (const { index, request } of samples) {
              expect(outcome[index]).toBe(TIMEOUT);
              expect(request).toBe(`GET /${baseIntendedAtMs + offsetMs[index]!}`);
            }
        }
      }),
    );
  });

  it('fill several batches where ingest was away for long, each with samples of its own', () => {
    const results = newResults();
    const failures = Array.from({ length: 2 * MAX_RESULTS_PER_BATCH + 5 }, (_, i) => ({
      service: 0,
      intendedAt: 1_700_000_000_000 + i * 100,
      latencyUs: i,
      outcome: TIMEOUT,
    }));
    addAll(results, failures);
    const batches = results.drain(0);
    expect(batches.map(({ outcome }) => outcome.length)).toEqual([
      MAX_RESULTS_PER_BATCH,
      MAX_RESULTS_PER_BATCH,
      5,
    ]);
    for (const { samples, outcome, latencyUs, offsetMs, baseIntendedAtMs } of batches) {
      expect(samples.length).toBeLessThanOrEqual(PROBE_BATCH_LIMITS.maxSamplesPerBatch);
      expect(samples.length).toBeGreaterThan(0);
      for (const { index, request } of samples) {
        expect(index).toBeLessThan(outcome.length);
        expect(request).toBe(`GET /${baseIntendedAtMs + offsetMs[index]!}`);
      }
      expect(baseIntendedAtMs).toBe(1_700_000_000_000 + latencyUs[0]! * 100);
    }
  });

  it('put the watermark on the last batch, or on an empty one that says more than before', () => {
    const results = newResults();
    addAll(results, [
      { service: 1, intendedAt: 1_700_000_000_000, latencyUs: 5, outcome: OK },
      { service: 0, intendedAt: 1_700_000_000_001, latencyUs: 6, outcome: OK },
    ]);
    expect(results.drain(70).map(({ watermarkMs }) => watermarkMs)).toEqual([0, 70]);
    expect(results.drain(70)).toEqual([]);
    expect(results.drain(80)).toMatchObject([{ watermarkMs: 80, samples: [] }]);
  });
});

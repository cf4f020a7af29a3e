import { MockAgent } from 'undici';
import { FindingsReporter } from './findings-reporter.js';
import type { OwnershipFinding } from './ownership-monitor.js';

const finding = (
  teamId: string,
  kind: OwnershipFinding['kind'] = 'unproven',
  got?: string,
): OwnershipFinding => ({
  teamId,
  serviceId: 'router',
  kind,
  ...(got === undefined ? {} : { got }),
});

class Ingest {
  readonly agent = new MockAgent();
  readonly bodies: { gameId: string; findings: OwnershipFinding[] }[] = [];
  readonly warnings: string[] = [];
  readonly reporter: FindingsReporter;

  constructor() {
    this.agent.disableNetConnect();
    const log = { info: () => undefined, warn: (_: object, message: string) => this.warnings.push(message) };
    this.reporter = new FindingsReporter(
      { gameId: 'g', ingestUrl: 'http://ingest', token: 'secret', requestTimeoutMs: 1_000 },
      { log, dispatcher: this.agent },
    );
  }

  answers(status: number): this {
    this.agent
      .get('http://ingest')
      .intercept({
        path: '/api/v1/probe-batches/endpoint-findings',
        method: 'POST',
        headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
      })
      .reply(({ body }) => {
        this.bodies.push(JSON.parse(String(body)) as (typeof this.bodies)[number]);
        return { statusCode: status, data: '{}' };
      });
    return this;
  }
}

test('sends the latest finding of each service once, with texts of bounded length on one line', async () => {
  const ingest = new Ingest().answers(202);
  ingest.reporter.add(finding('a'));
  ingest.reporter.add(finding('b', 'unproven', `x\n${'y'.repeat(500)}`));
  ingest.reporter.add(finding('a', 'proven'));
  await Promise.all([ingest.reporter.flush(), ingest.reporter.flush()]);
  expect(ingest.bodies).toEqual([
    { gameId: 'g', findings: [finding('a', 'proven'), finding('b', 'unproven', `x ${'y'.repeat(197)}…`)] },
  ]);
  expect(ingest.reporter.waiting).toBe(0);
  await ingest.reporter.flush();
  expect(ingest.bodies).toHaveLength(1);
});

test.each([500, 503, 429, 404])('retries after status %i', async (status) => {
  const ingest = new Ingest().answers(status);
  ingest.reporter.add(finding('a'));
  await ingest.reporter.flush();
  expect(ingest.reporter.waiting).toBe(1);
  ingest.answers(202);
  await ingest.reporter.flush();
  expect([ingest.reporter.waiting, ingest.bodies.length, ingest.warnings]).toEqual([0, 2, []]);
});

test('retries when ingest is unreachable', async () => {
  const ingest = new Ingest();
  ingest.reporter.add(finding('a'));
  await ingest.reporter.flush();
  expect(ingest.reporter.waiting).toBe(1);
});

test.each([
  [400, 1],
  [403, 1],
  [409, 0],
])('gives up what is refused with %i', async (status, warnings) => {
  const ingest = new Ingest().answers(status);
  ingest.reporter.add(finding('a'));
  await ingest.reporter.flush();
  expect([ingest.reporter.waiting, ingest.warnings.length]).toEqual([0, warnings]);
});

test('sends a hundred at a time', async () => {
  const ingest = new Ingest().answers(202).answers(202);
  for (let i = 0; i < 150; i++) ingest.reporter.add(finding(`team-${i}`));
  await ingest.reporter.flush();
  await ingest.reporter.flush();
  expect(ingest.bodies.map(({ findings }) => findings.length)).toEqual([100, 50]);
});

import fc from 'fast-check';
import { Collector, keyIn, newTopic, record, textOf } from '../conformance/fixture.js';
import { LocalKinesis } from '../conformance/local-kinesis.js';
import { openEventLog, type EventLog } from '../index.js';
import { findRecent } from './kinesis/end-search.js';

let kinesis: LocalKinesis;
let log: EventLog;

beforeAll(async () => {
  kinesis = await LocalKinesis.start();
  log = await openEventLog(kinesis.url());
});

afterEach(() => {
  kinesis.strike = () => undefined;
});

afterAll(async () => {
  await log?.close();
  await kinesis?.stop();
});

const texts = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

/** Each record once, in the order of its first delivery. */
const firsts = (collector: Collector): string[] => [...new Set(collector.texts)];

async function readAll(topic: string, count: number): Promise<Collector> {
  const collector = new Collector(log, { topic });
  await collector.until(() => new Set(collector.texts).size >= count);
  await collector.close();
  return collector;
}

describe('trouble with Kinesis', () => {
  it.each([
    ['throttled', { status: 400, type: 'ProvisionedThroughputExceededException' }],
    ['a server error before it took effect', { status: 500, type: 'InternalFailure' }],
    ['a server error after it took effect', { status: 500, type: 'InternalFailure', after: true }],
    ['unavailable', { status: 503, type: 'ServiceUnavailable' }],
  ])('an append that meets %s is retried, and the order per key is kept', async (_what, answer) => {
    const topic = await newTopic(log);
    let puts = 0;
    kinesis.strike = (action) => (action === 'PutRecord' && puts++ % 3 !== 2 ? answer : undefined);
    const appends: Promise<unknown>[] = [];
    for (const text of texts(12)) {
      appends.push(log.append(topic, [record('k', text)]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(appends);
    expect(puts).toBeGreaterThanOrEqual(3);
    const collector = await readAll(topic, 12);
    expect(firsts(collector)).toEqual(texts(12));
    // A duplicate directly follows its original: no old record comes after a newer one.
    if (!('after' in answer)) expect(collector.texts).toEqual(texts(12));
  });

  it('a partial failure on one of several shards is retried on that shard only, in order', async () => {
    const topic = await newTopic(log, 3);
    const keys = [0, 1, 2].map((partition) => keyIn(partition, 3));
    let failures = 0;
    kinesis.strike = (action, body) =>
      action === 'PutRecord' && body['PartitionKey'] === '1' && failures++ < 3
        ? { status: 400, type: 'ProvisionedThroughputExceededException' }
        : undefined;
    kinesis.calls.length = 0;
    await log.append(
      topic,
      texts(30).map((text, i) => record(keys[i % 3]!, text)),
    );
    const puts = kinesis.calls
      .filter(({ action }) => action === 'PutRecord')
      .map(({ body }) => body['PartitionKey']);
    expect(puts.filter((key) => key === '0')).toHaveLength(1);
    expect(puts.filter((key) => key === '1')).toHaveLength(4);
    const collector = await readAll(topic, 30);
    expect(collector.records).toHaveLength(30);
    for (const partition of [0, 1, 2])
      expect(collector.records.filter((one) => one.partition === partition).map(textOf)).toEqual(
        texts(30).filter((_, i) => i % 3 === partition),
      );
  });

  it('each record of a shard names its predecessor', async () => {
    const topic = await newTopic(log);
    kinesis.calls.length = 0;
    const positions: string[] = [];
    for (const text of texts(3)) positions.push((await log.append(topic, [record('k', text)]))[0]!.position);
    const puts = kinesis.calls.filter(({ action }) => action === 'PutRecord');
    expect(puts.map(({ body }) => body['SequenceNumberForOrdering'])).toEqual([
      undefined,
      ...positions.slice(0, 2).map((position) => position.slice(0, -5)),
    ]);
  });

  it('reading continues after the last record when iterators expire or reads are throttled or fail', async () => {
    const topic = await newTopic(log);
    const readers = [new Collector(log, { topic }), new Collector(log, { topic, startAt: () => 'latest' })];
    await Promise.all(readers.map(({ consumer }) => consumer.ready));
    let reads = 0;
    const answers = [
      { status: 400, type: 'ExpiredIteratorException' },
      { status: 400, type: 'ProvisionedThroughputExceededException' },
      { status: 500, type: 'InternalFailure', after: true },
    ];
    await log.append(topic, [record('k', '0')]);
    await Promise.all(readers.map((reader) => reader.until(() => reader.records.length >= 1)));
    kinesis.strike = (action) => (action === 'GetRecords' ? answers[reads++ % 4] : undefined);
    for (const text of texts(6).slice(1)) {
      await log.append(topic, [record('k', text)]);
      await Promise.all(
        readers.map((reader) => reader.until(() => reader.records.length >= Number(text) + 1)),
      );
    }
    kinesis.strike = () => undefined;
    await Promise.all(readers.map((reader) => reader.close()));
    for (const reader of readers) expect(reader.texts).toEqual(texts(6));
    expect(readers[0]!.errors.map((error) => (error as { code: string }).code)).toContain('log_unavailable');
  });

  it('caught-up readers share their reads', async () => {
    const topic = await newTopic(log);
    await log.append(topic, [record('k', '0')]);
    const readers = Array.from({ length: 8 }, () => new Collector(log, { topic }));
    await Promise.all(readers.map((reader) => reader.until(() => reader.records.length >= 1)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    kinesis.calls.length = 0;
    await log.append(topic, [record('k', '1')]);
    await Promise.all(readers.map((reader) => reader.until(() => reader.records.length >= 2)));
    await Promise.all(readers.map((reader) => reader.close()));
    expect(kinesis.calls.filter(({ action }) => action === 'GetShardIterator').length).toBeLessThan(8);
  });

  it('a stored position whose record has expired is refused, instead of skipping the records after it', async () => {
    const topic = await newTopic(log);
    const [first] = await log.append(topic, [record('k', '0')]);
    await log.append(topic, [record('k', '1')]);
    // One second later by the time in kinesalite's sequence numbers: a number of this shard between the two that no record has.
    const gone = BigInt(first!.position.slice(0, -5)) + (1n << 36n);
    const reader = new Collector(log, { topic, startAt: () => `${gone}00000` });
    await expect(reader.consumer.ready).rejects.toMatchObject({ code: 'position_expired', retryable: false });
    expect(reader.records).toEqual([]);
  });

  it('a foreign record is delivered unchanged', async () => {
    const topic = await newTopic(log);
    kinesis.strike = (action, body) => {
      if (action === 'PutRecord')
        expect(Buffer.from(String(body['Data']), 'base64').toString('latin1', 0, 4)).toBe('PDL1');
      return undefined;
    };
    await log.append(topic, [record('k', 'ours')]);
    const { KinesisClient, PutRecordCommand } = await import('@aws-sdk/client-kinesis');
    const { NodeHttpHandler } = await import('@smithy/node-http-handler');
    kinesis.strike = () => undefined;
    const endpoint = new URL(kinesis.url()).searchParams.get('endpoint')!;
    const client = new KinesisClient({
      region: 'eu-central-1',
      endpoint,
      requestHandler: new NodeHttpHandler(),
    });
    await client.send(
      new PutRecordCommand({ StreamName: topic, PartitionKey: 'them', Data: Buffer.from('theirs') }),
    );
    client.destroy();
    const collector = await readAll(topic, 2);
    expect(collector.records.map((one) => [one.key, textOf(one)])).toEqual([
      ['k', 'ours'],
      ['them', 'theirs'],
    ]);
  });

  it('refused credentials are not a transient error', async () => {
    const topic = await newTopic(log);
    kinesis.strike = (action) =>
      action === 'PutRecord' ? { status: 400, type: 'AccessDeniedException' } : undefined;
    await expect(log.append(topic, [record('k')])).rejects.toMatchObject({
      code: 'log_refused',
      retryable: false,
    });
  });

  it('a log that has neither read nor written a topic finds its end', async () => {
    const topic = await newTopic(log, 2);
    const appended = await log.append(
      topic,
      texts(5).map((text) => record('k', text)),
    );
    const other = await openEventLog(kinesis.url());
    const ends = await other.endPositions(topic);
    expect(ends[appended[0]!.partition]).toBe(appended.at(-1)!.position);
    expect(ends.filter((end) => end === null)).toHaveLength(1);
    await other.close();
  });
});

describe('the URL of a Kinesis log', () => {
  it.each([
    ['kinesis://key:secret@eu-central-1', /credentials have no place/],
    ['kinesis://eu-central-1?endpoint=ftp://x', /endpoint must be/],
    ['kinesis://nowhere', /is no region/],
    ['kinesis://eu-central-1?colour=red', /nobody knows: colour/],
    ['kinesis://eu-central-1?retentionHours=1', /retentionHours must be/],
    ['kinesis://eu-central-1?streamPrefix=a/b', /streamPrefix/],
  ])('%s is refused', async (url, message) => {
    const refused = openEventLog(url);
    await expect(refused).rejects.toMatchObject({ code: 'invalid_log_url' });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.not.toThrow(/secret/);
  });
});

describe('findRecent', () => {
  it('returns a time at or less than 15 s before the newest record, or null where reading from the first is as good', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(10 ** 10),
        fc.array(fc.nat(10 ** 10), { maxLength: 5 }),
        async (ageMs, ages) => {
          const nowMs = 2 * 10 ** 10;
          const firstMs = nowMs - ageMs;
          const times = ages.map((age) => nowMs - (age % (ageMs + 1)));
          let asked = 0;
          const at = await findRecent({
            nowMs,
            firstMs,
            hasRecordsSince: async (since) => {
              asked++;
              return times.some((time) => time >= since);
            },
          });
          const newest = Math.max(firstMs, ...times);
          expect(at ?? firstMs).toBeLessThanOrEqual(newest);
          expect(newest - (at ?? firstMs)).toBeLessThanOrEqual(15_000);
          expect(asked).toBeLessThan(50);
        },
      ),
    );
  });
});

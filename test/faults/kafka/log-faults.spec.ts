import { freePort, kafkaLacks, startKafka, type LocalKafka } from '#testing';
import { describeWith } from '../../support/describe-with.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { percentile } from '../scoring/table.js';
import { LogLoad, type LogVerdict } from './log-load.js';
import { comeAndGo, halfOpen, killBroker, type Recoveries } from './strikes.js';

/** The short version of what `npm run test:faults -- --log kafka` does to a real broker under load. */
describeWith('a log in Kafka under load', await kafkaLacks(), () => {
  let kafka: LocalKafka;
  let proxy: TcpProxy;
  let load: LogLoad;
  let topics = 0;

  beforeAll(async () => {
    const port = await freePort();
    proxy = await TcpProxy.listen(port);
    kafka = await startKafka({ extraListeners: [{ port, advertisedPort: proxy.port }] });
  }, 90_000);

  afterAll(async () => {
    await proxy?.close();
    await kafka?.stop();
  }, 30_000);

  async function begin(port: number): Promise<void> {
    load = await LogLoad.start(
      `kafka://127.0.0.1:${port}?heartbeatMs=100&sessionTimeoutMs=3000`,
      `load-${++topics}`,
    );
    await load.join();
    await load.join();
    await load.recovered();
  }
  afterEach(() => load?.close());

  /** No record may be lost, duplicated or reordered; the recovery times are reported. */
  async function expectNothingLost(fault: string, recoveries: Recoveries): Promise<LogVerdict> {
    const verdict = await load.verdict();
    const recoveryP95Ms = Math.round(percentile(recoveries, 95) ?? 0);
    process.stderr.write(`${JSON.stringify({ fault, ...verdict, recoveryP95Ms })}\n`);
    expect(verdict).toMatchObject({ lost: 0, double: 0, disordered: 0, refused: 0 });
    expect(verdict.records).toBeGreaterThan(500);
    return verdict;
  }

  it('loses and reorders nothing when the broker is killed and comes back', async () => {
    await begin(kafka.port);
    await expectNothingLost('broker killed and restarted', await killBroker(load, kafka, 1));
  }, 90_000);

  it('loses and reorders nothing when connections look alive and carry nothing for a while', async () => {
    await begin(proxy.port);
    const { stallMs } = await expectNothingLost('half-open for 8 s', await halfOpen(load, proxy, 8_000));
    // The network really was held, and no call waited much longer than that.
    expect(stallMs).toBeGreaterThan(7_000);
    expect(stallMs).toBeLessThan(30_000);
  }, 90_000);

  it('loses and reorders nothing while members come and go', async () => {
    await begin(kafka.port);
    const { stallMs } = await expectNothingLost('members come and go', await comeAndGo(load, 8, 500));
    expect(stallMs).toBeLessThan(10_000);
  }, 90_000);
});

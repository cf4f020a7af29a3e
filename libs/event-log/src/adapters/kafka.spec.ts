import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs, { type Admin } from 'kafkajs';
import { freePort, kafkaLacks, startKafka, type LocalKafka } from '#testing';
import { Collector, codeOf, newTopic, record } from '../conformance/fixture.js';
import { openEventLog, type EventLog } from '../index.js';

const lacks = await kafkaLacks();
if (lacks && process.env['CI'] !== 'true') process.stderr.write(`SKIPPED: the Kafka adapter: ${lacks}\n`);
const given = lacks && process.env['CI'] !== 'true' ? describe.skip : describe;

/** Guarantees that are specific to Kafka; the conformance suite covers the rest. */
given('the Kafka adapter', () => {
  let folder: string;
  let kafka: LocalKafka;
  let url: string;
  let ca: string;
  const user = { username: 'payday', password: 'a secret, with "quotes"' };

  beforeAll(async () => {
    if (lacks) throw new Error(`SKIPPED: ${lacks}`);
    folder = await mkdtemp(join(tmpdir(), 'payday-tls-'));
    const store = join(folder, 'broker.p12');
    const keytool = (...args: string[]): unknown =>
      execFileSync('keytool', [...args, '-keystore', store, '-storepass', 'changeit', '-alias', 'broker'], {
        stdio: 'pipe',
      });
    const names = ['-dname', 'CN=localhost', '-ext', 'san=dns:localhost,ip:127.0.0.1'];
    keytool('-genkeypair', '-keyalg', 'EC', '-storetype', 'PKCS12', '-validity', '2', ...names);
    keytool('-exportcert', '-rfc', '-file', join(folder, 'broker.pem'));
    ca = await readFile(join(folder, 'broker.pem'), 'utf8');
    const port = await freePort();
    const password = user.password.replaceAll('"', '\\\\"');
    kafka = await startKafka({
      extraListeners: [{ port, advertisedPort: port }],
      settings: {
        // Brokers' defaults.
        'group.min.session.timeout.ms': '6000',
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,EXTRA0:SASL_SSL',
        'listener.name.extra0.ssl.keystore.location': store,
        'listener.name.extra0.ssl.keystore.password': 'changeit',
        'listener.name.extra0.sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.extra0.plain.sasl.jaas.config':
          'org.apache.kafka.common.security.plain.PlainLoginModule required ' +
          `user_${user.username}="${password}";`,
      },
    });
    url = `kafka://localhost:${port}?ssl=true&sasl=plain`;
  }, 90_000);

  afterAll(async () => {
    await kafka?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  describe('beside other programs', () => {
    let log: EventLog;
    let client: kafkajs.Kafka;
    let admin: Admin;

    beforeAll(async () => {
      log = await openEventLog(`${kafka.url}?topicPrefix=acme.&retentionMs=3600000&heartbeatMs=50`);
      client = new kafkajs.Kafka({
        brokers: [`127.0.0.1:${kafka.port}`],
        logLevel: kafkajs.logLevel.NOTHING,
      });
      admin = client.admin();
      await admin.connect();
    });

    afterAll(async () => {
      await admin?.disconnect();
      await log?.close();
    });

    it('refuses to read behind a position that retention has removed, instead of skipping the removed records', async () => {
      const topic = await newTopic(log);
      const appended = await log.append(
        topic,
        Array.from({ length: 5 }, (_, i) => record('k', String(i))),
      );
      const removeBefore = async (offset: string): Promise<void> => {
        await admin.fetchTopicOffsets(`acme.${topic}`); // the library looks up the leader only here
        await admin.deleteTopicRecords({ topic: `acme.${topic}`, partitions: [{ partition: 0, offset }] });
      };
      await removeBefore('3');
      const behind = (index: number): Collector =>
        new Collector(log, { topic, startAt: () => appended[index]!.position });
      expect(await codeOf(behind(1).consumer.ready)).toBe('position_expired');
      const [kept, earliest] = [behind(2), new Collector(log, { topic })];
      await Promise.all([kept, earliest].map((one) => one.until(() => one.records.length >= 2)));
      await Promise.all([kept.close(), earliest.close()]);
      expect([kept.texts, earliest.texts]).toEqual([
        ['3', '4'],
        ['3', '4'],
      ]);
      await removeBefore('5');
      expect(await log.endPositions(topic)).toEqual([null]);
    });

    it('creates topics under the prefix that accept the largest record and keep it for the configured time', async () => {
      const topic = await newTopic(log);
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: `acme.${topic}` }],
      });
      const settings = Object.fromEntries(
        resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
      );
      expect(settings).toMatchObject({
        'cleanup.policy': 'delete',
        'max.message.bytes': '2032768',
        'min.insync.replicas': '1',
        'retention.ms': '3600000',
      });
      const other = await openEventLog(kafka.url);
      expect(await codeOf(other.partitions(topic))).toBe('unknown_topic');
      await other.close();
    });

    it('reads what other programs wrote: compressed, without key or value, with a header twice', async () => {
      const topic = await newTopic(log);
      const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
      await producer.connect();
      await producer.send({
        topic: `acme.${topic}`,
        compression: kafkajs.CompressionTypes.GZIP,
        messages: [
          { value: 'no key', headers: { twice: ['a', 'b'] } },
          { key: 'k', value: null },
        ],
      });
      await producer.disconnect();
      const collector = new Collector(log, { topic });
      await collector.until(() => collector.records.length >= 2);
      await collector.close();
      expect(collector.records).toMatchObject([
        { key: '', position: '0', headers: { twice: 'b' } },
        { key: 'k', position: '1', headers: {} },
      ]);
      expect(collector.texts).toEqual(['no key', '']);
    });

    it('looks like any other group to Kafka tools', async () => {
      const topic = await newTopic(log, 3);
      const member = new Collector(log, { topic, group: 'g' });
      await member.consumer.ready;
      const { groups } = await admin.describeGroups([`acme.g.${topic}`]);
      const [group] = groups;
      expect(group).toMatchObject({ state: 'Stable', protocol: 'payday-cooperative-1' });
      const { MemberAssignment } = kafkajs.AssignerProtocol;
      const said = MemberAssignment.decode(group!.members[0]!.memberAssignment);
      expect(said?.assignment).toEqual({ [`acme.${topic}`]: [0, 1, 2] });
      await member.close();
      expect((await admin.describeGroups([`acme.g.${topic}`])).groups[0]!.members).toEqual([]);
    });

    it('requests longer sessions where brokers refuse short ones, but not if the session timeout is configured', async () => {
      const topic = await newTopic(log);
      const refused: unknown[] = [];
      const told = await openEventLog(`${kafka.url}?topicPrefix=acme.&sessionTimeoutMs=2000`);
      const refusal = new Promise<void>((resolve) => {
        told.consume({
          topic,
          group: 'told',
          startAt: () => 'earliest',
          onBatch: async () => {},
          onError: (error) => {
            refused.push(error);
            resolve();
          },
        });
      });
      const member = new Collector(log, { topic, group: 'untold' });
      await Promise.all([member.consumer.ready, refusal]);
      await Promise.all([member.close(), told.close()]);
      expect(refused[0]).toMatchObject({
        code: 'log_refused',
        details: { refusal: 'INVALID_SESSION_TIMEOUT' },
        message: expect.stringMatching(/do not allow this sessionTimeoutMs/),
      });
      expect(member.errors).toEqual([]);
    });
  });

  describe('behind TLS and a password', () => {
    it('appends and reads records', async () => {
      const log = await openEventLog(url, { kafka: { ...user, ca } });
      await log.createTopics([{ topic: 'safe', partitions: 1 }]);
      await log.append('safe', [record('k', 'behind TLS')]);
      const collector = new Collector(log, { topic: 'safe', group: 'g' });
      await collector.until(() => collector.records.length >= 1);
      await log.close();
      expect(collector.texts).toEqual(['behind TLS']);
    });

    it('refuses a wrong password and names the variables that hold it, not their values', async () => {
      const opening = openEventLog(url, { kafka: { ...user, password: 'guessed', ca } });
      await expect(opening).rejects.toMatchObject({
        code: 'log_refused',
        retryable: false,
        message: expect.stringMatching(/PAYDAY_KAFKA_PASSWORD/),
      });
      await expect(opening).rejects.not.toMatchObject({ message: expect.stringMatching(/guessed/) });
    });

    it('refuses brokers with an untrusted certificate', async () => {
      const opening = openEventLog(url, { kafka: user });
      await expect(opening).rejects.toMatchObject({
        code: 'log_refused',
        message: expect.stringMatching(/PAYDAY_KAFKA_CA/),
      });
    });

    it('cannot connect without TLS', async () => {
      expect(await codeOf(openEventLog(url.replace('ssl=true&', ''), { kafka: user }))).toBe(
        'log_unavailable',
      );
    });
  });
});

import { kafkaSettings } from './settings.js';

const refusal = (rest: string): string => {
  try {
    kafkaSettings(rest);
    return 'it was taken';
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_log_url', retryable: false });
    return (error as Error).message;
  }
};

describe('the URL of a log in Kafka', () => {
  it('names brokers and settings; omitted settings have defaults', () => {
    expect(kafkaSettings('//a.example:9092,10.0.0.1:9093')).toEqual({
      brokers: ['a.example:9092', '10.0.0.1:9093'],
      clientId: 'payday',
      topicPrefix: '',
      replication: undefined,
      retentionMs: 2_592_000_000,
      sessionTimeoutsMs: [2_000, 6_000],
      heartbeatMs: 400,
      requestTimeoutMs: 10_000,
      ssl: undefined,
      sasl: undefined,
    });
    const given = kafkaSettings(
      '//a:1/?clientId=east&topicPrefix=acme.&replication=2&retentionMs=-1&sessionTimeoutMs=1000&requestTimeoutMs=4000',
    );
    expect(given).toMatchObject({ clientId: 'east', topicPrefix: 'acme.', replication: 2, retentionMs: -1 });
    // A member sends a heartbeat at least five times within its session.
    expect(given).toMatchObject({ sessionTimeoutsMs: [1_000], heartbeatMs: 200, requestTimeoutMs: 4_000 });
  });

  it('reads user, password and certificates from the credentials only', () => {
    const { ssl, sasl } = kafkaSettings('//a:1?ssl=true&sasl=scram-sha-512', {
      username: 'payday',
      password: 's3cret',
      ca: 'PEM',
    });
    expect(ssl).toEqual({ ca: 'PEM' });
    expect(sasl).toEqual({ mechanism: 'scram-sha-512', username: 'payday', password: 's3cret' });
    expect(kafkaSettings('//a:1', { username: 'payday', password: 's3cret' }).sasl).toBeUndefined();
  });

  it('refuses a URL that holds a password, without repeating it', () => {
    const said = refusal('//payday:s3cret@a:9092');
    expect(said).toContain('PAYDAY_KAFKA_PASSWORD');
    expect(said).not.toContain('s3cret');
  });

  it('lists every mistake at once', () => {
    const said = refusal('//nowhere,b:99999?colour=red&replication=0&ssl=yes&sasl=plain&constructor=1');
    for (const part of [
      '"nowhere" is no host:port',
      '"b:99999" is no host:port',
      'no setting "colour"',
      'no setting "constructor"',
      'replication is "0", give an integer from 1 to 100',
      'ssl is "yes", give one of true, false',
      'sasl=plain needs PAYDAY_KAFKA_USERNAME and PAYDAY_KAFKA_PASSWORD',
    ])
      expect(said).toContain(part);
  });

  it.each(['', '//', '//?ssl=true', 'a:9092', '//a', '//:9092', '//a:0x1'])('refuses %j', (rest) => {
    expect(refusal(rest)).toContain('is no host:port');
  });
});

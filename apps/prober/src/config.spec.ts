import { ConfigError, readConfig } from '#runtime';
import { PROBER_SECTIONS } from './config.js';

const GOOD = {
  PAYDAY_LOG_URL: 'lmdb:/data/log',
  PAYDAY_INGEST_URL: 'http://127.0.0.1:3000',
  PAYDAY_PROBER_TOKEN: 'secret',
  PAYDAY_PROBER_ID: 'prober-1',
  PAYDAY_GAME_ID: 'g',
};

describe('the configuration of the prober', () => {
  it('refuses loopback and private addresses unless ranges of them are allowed', () => {
    const { prober } = readConfig(PROBER_SECTIONS, { flags: [], env: GOOD });
    expect(prober).toMatchObject({ allow: [], deniedOrigins: [], dnsServers: [] });
    const more = {
      PAYDAY_ALLOW: '10.0.0.0/8, 127.0.0.1:8080',
      PAYDAY_DENIED_ORIGINS: 'http://a:1,https://b,postgres://c:5432,kafka://d:9092',
      PAYDAY_DNS_SERVERS: '10.0.0.2,10.0.0.3:5353,fd12::1,[fd12::1]:53',
      PAYDAY_DNS_CANARY: 'canary.example',
    };
    const other = readConfig(PROBER_SECTIONS, { flags: [], env: { ...GOOD, ...more } });
    expect(other.prober).toMatchObject({
      deniedOrigins: ['http://a:1', 'https://b', 'postgres://c:5432', 'kafka://d:9092'],
      dnsServers: ['10.0.0.2', '10.0.0.3:5353', 'fd12::1', '[fd12::1]:53'],
      dnsCanary: 'canary.example',
    });
    expect(other.prober.allow.map(({ text }) => text)).toEqual(['10.0.0.0/8', '127.0.0.1:8080']);
  });

  it('accepts --allow several times', () => {
    const flags = ['--allow', '10.0.0.0/8', '--allow', 'fd12::/16,::1'];
    const { prober } = readConfig(PROBER_SECTIONS, { flags, env: GOOD });
    expect(prober.allow.map(({ text }) => text)).toEqual(['10.0.0.0/8', 'fd12::/16', '::1']);
  });

  it.each([
    ['PAYDAY_ALLOW', '10.0.0.0/33'],
    ['PAYDAY_ALLOW', 'team.example'],
    ['PAYDAY_DENIED_ORIGINS', 'edge:3000'],
    ['PAYDAY_DENIED_ORIGINS', 'lmdb:/data'],
    ['PAYDAY_DNS_SERVERS', 'dns.example'],
    ['PAYDAY_DNS_SERVERS', '10.0.0.2:0'],
    ['PAYDAY_DNS_CANARY', 'https://a'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => readConfig(PROBER_SECTIONS, { flags: [], env: { ...GOOD, [name]: value } })).toThrow(name);
  });

  it('reports every mistake, but never the token', () => {
    const { PAYDAY_GAME_ID: _, ...rest } = GOOD;
    const env = { ...rest, PAYDAY_INGEST_URL: 'ftp://x', PAYDAY_ALLOW: 'yes' };
    let error: unknown;
    try {
      readConfig(PROBER_SECTIONS, { flags: ['--prober-token', 'secret'], env });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    const { message, mistakes } = error as ConfigError;
    expect(mistakes).toHaveLength(4);
    for (const name of ['PAYDAY_INGEST_URL', 'PAYDAY_GAME_ID', 'PAYDAY_ALLOW', '--prober-token'])
      expect(message).toContain(name);
    expect(message).not.toContain('secret');
  });
});

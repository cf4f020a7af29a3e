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
  it('refuses private addresses unless told otherwise', () => {
    const { prober } = readConfig(PROBER_SECTIONS, { flags: [], env: GOOD });
    expect(prober).toMatchObject({ allowPrivateAddresses: false, deniedOrigins: [] });
    const more = { PAYDAY_ALLOW_PRIVATE_ADDRESSES: 'true', PAYDAY_DENIED_ORIGINS: 'http://a:1,https://b' };
    const other = readConfig(PROBER_SECTIONS, { flags: [], env: { ...GOOD, ...more } });
    expect(other.prober).toMatchObject({
      allowPrivateAddresses: true,
      deniedOrigins: ['http://a:1', 'https://b'],
    });
  });

  it('names everything that is wrong, and never the token', () => {
    const { PAYDAY_GAME_ID: _, ...rest } = GOOD;
    const env = { ...rest, PAYDAY_INGEST_URL: 'ftp://x', PAYDAY_ALLOW_PRIVATE_ADDRESSES: 'yes' };
    let error: unknown;
    try {
      readConfig(PROBER_SECTIONS, { flags: ['--prober-token', 'secret'], env });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    const { message, mistakes } = error as ConfigError;
    expect(mistakes).toHaveLength(4);
    for (const name of [
      'PAYDAY_INGEST_URL',
      'PAYDAY_GAME_ID',
      'PAYDAY_ALLOW_PRIVATE_ADDRESSES',
      '--prober-token',
    ])
      expect(message).toContain(name);
    expect(message).not.toContain('secret');
  });
});

import { PaydayError } from '#kernel';
import { proberConfigFrom } from './config.js';

const GOOD = {
  PAYDAY_LOG_URL: 'lmdb:/data/log',
  PAYDAY_INGEST_URL: 'http://127.0.0.1:3000',
  PAYDAY_PROBER_TOKEN: 'secret',
  PAYDAY_PROBER_ID: 'prober-1',
  PAYDAY_GAME_ID: 'g',
};

describe('proberConfigFrom', () => {
  it('refuses private addresses and the own origin unless told otherwise', () => {
    expect(proberConfigFrom(GOOD)).toMatchObject({
      allowPrivateAddresses: false,
      deniedOrigins: ['http://127.0.0.1:3000'],
    });
    const more = { PAYDAY_ALLOW_PRIVATE_ADDRESSES: 'true', PAYDAY_DENIED_ORIGINS: 'http://a:1,https://b' };
    expect(proberConfigFrom({ ...GOOD, ...more })).toMatchObject({
      allowPrivateAddresses: true,
      deniedOrigins: ['http://127.0.0.1:3000', 'http://a:1', 'https://b'],
    });
  });

  it('names everything that is wrong, and never the token', () => {
    const bad = {
      ...GOOD,
      PAYDAY_INGEST_URL: 'ftp://x',
      PAYDAY_GAME_ID: undefined,
      PAYDAY_ALLOW_PRIVATE_ADDRESSES: 'yes',
    };
    let error: unknown;
    try {
      proberConfigFrom(bad);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(PaydayError);
    const { message } = error as PaydayError;
    for (const name of ['PAYDAY_INGEST_URL', 'PAYDAY_GAME_ID', 'PAYDAY_ALLOW_PRIVATE_ADDRESSES'])
      expect(message).toContain(name);
    expect(message).not.toContain('secret');
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WatchedFile, parseHosts } from './hosts-file.js';
import { hasIPv6 } from './ipv6.js';

it('the hosts file is reread when it has changed, and checked once a second', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'payday-hosts-'));
  const path = join(folder, 'hosts');
  let nowMs = 0;
  const file = new WatchedFile(path, parseHosts, () => nowMs);
  const at = async (name: string): Promise<string | undefined> =>
    (await file.current()).get(name)?.[0]?.address;
  try {
    expect(await at('a')).toBeUndefined();
    const missing = file.version;
    writeFileSync(path, '10.0.0.1 a\n');
    expect(await at('a')).toBeUndefined();
    nowMs = 1_000;
    expect(await Promise.all([at('a'), at('A'.toLowerCase())])).toEqual(['10.0.0.1', '10.0.0.1']);
    expect(file.version).not.toBe(missing);
    writeFileSync(path, '10.0.0.22 a b\n');
    nowMs = 2_000;
    expect(await at('b')).toBe('10.0.0.22');
    rmSync(path);
    nowMs = 3_000;
    expect(await at('a')).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('a machine has IPv6 if one of its addresses is routable', () => {
  const at = (address: string, internal = false): never =>
    ({ address, internal, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as never;
  expect(hasIPv6({ lo: [at('::1', true)], eth0: [at('10.0.0.2'), at('fe80::1'), at('FEBF::1')] })).toBe(
    false,
  );
  expect(hasIPv6({ lo: undefined })).toBe(false);
  expect(hasIPv6({ eth0: [at('fd12::1')] })).toBe(true);
});

import fc from 'fast-check';
import { AllowedRange } from '#runtime';
import { PlatformAddresses } from '../network/platform-addresses.js';
import { hostsOf } from '../network/denied-origins.js';
import { AddressGuard } from './address-guard.js';
import { clip } from './clip.js';

const ranges = (...texts: string[]): AllowedRange[] => texts.map((text) => AllowedRange.parse(text));
const open = new AddressGuard({ allow: ranges('0.0.0.0/0', '::/0'), deniedOrigins: [] });
const strict = new AddressGuard({ allow: [], deniedOrigins: [] });

describe('AddressGuard', () => {
  it.each([
    '169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '100.100.100.200',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::169.254.169.254',
    '2002:a9fe:a9fe::1',
    'no address',
  ])('never allows %s', (address) => {
    expect(open.problem('name', address, 80)).toMatch(/^address not allowed/);
  });

  it.each([
    ['127.0.0.1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.31.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'a carrier-grade NAT address'],
    ['::1', 'loopback'],
    ['fd12::1', 'a unique local address'],
    ['::ffff:10.0.0.1', 'private'],
  ])('allows the private %s only where an allow-list says so', (address, what) => {
    expect(open.problem('name', address, 80)).toBeNull();
    expect(strict.problem('name', address, 80)).toMatch(
      `is ${what}; the organiser can allow it with --allow `,
    );
  });

  it.each(['93.184.216.34', '2606:2800:220:1::1', '172.32.0.1'])('allows the public %s', (address) => {
    expect(strict.problem('name', address, 80)).toBeNull();
  });

  it('allows only the given ranges and ports, and accepts new ones', () => {
    const guard = new AddressGuard({ allow: ranges('127.0.0.1:8080'), deniedOrigins: [] });
    expect(guard.problem('127.0.0.1', '127.0.0.1', 8080)).toBeNull();
    expect(guard.problem('127.0.0.1', '127.0.0.1', 5432)).toMatch(/is loopback/);
    expect(guard.problem('127.0.0.2', '127.0.0.2', 8080)).toMatch(/is loopback/);
    guard.setAllowed(ranges('127.0.0.1:8081'));
    expect(guard.problem('127.0.0.1', '127.0.0.1', 8080)).toMatch(/is loopback/);
    expect(guard.problem('127.0.0.1', '127.0.0.1', 8081)).toBeNull();
  });

  it("denies the game's own origin under every name of the machine, but only its port", () => {
    const guard = new AddressGuard({
      allow: ranges('0.0.0.0/0', '::/0'),
      deniedOrigins: ['http://127.0.0.1:3000', 'https://game.example'],
      localAddresses: ['192.168.7.7', 'fd00::7'],
    });
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', '192.168.7.7', 'fd00::7', '::ffff:127.0.0.1'])
      expect(guard.problem('name', address, 3000)).toMatch(/belongs to the game itself/);
    expect(guard.problem('GAME.example', '93.184.216.34', 443)).toMatch(/belongs to the game itself/);
    expect(guard.problem('game.example.', '93.184.216.34', 443)).toMatch(/belongs to the game itself/);
    expect(guard.problem('127.0.0.1', '127.0.0.1', 3001)).toBeNull();
    expect(guard.problem('name', '192.168.7.8', 3000)).toBeNull();
  });

  it("denies every address of the game's own names, including public ones", async () => {
    const guard = new AddressGuard({
      allow: ranges('0.0.0.0/0', '::/0', '64:ff9b::/96'),
      deniedOrigins: ['http://edge:3000', 'postgres://me:pw@db/payday', 'kafka://k1:9092,k2:9093'],
    });
    const zone: Record<string, string[] | null> = {
      edge: ['203.0.112.7', 'fd12::7'],
      db: ['127.0.0.1'],
      k1: ['10.0.0.1'],
      k2: null,
    };
    let nowMs = 0;
    const platform = new PlatformAddresses(guard.own, {
      lookUp: async (name) => zone[name] ?? null,
      localAddresses: () => ['192.168.7.7'],
      nowMs: () => nowMs,
    });
    expect(await platform.refresh()).toEqual(['k2']);
    const own = (address: string, port: number, name = 'team'): boolean =>
      guard.problem(name, address, port)?.includes('belongs to the game itself') ?? false;
    expect(own('203.0.112.7', 3000)).toBe(true);
    expect(own('203.0.112.7', 80)).toBe(false);
    expect(own('::ffff:cb00:7007', 3000)).toBe(true);
    expect(own('64:ff9b::cb00:7007', 3000)).toBe(true);
    expect(own('FD12:0:0:0:0:0:0:7', 3000)).toBe(true);
    expect(own('10.0.0.1', 9092)).toBe(true);
    expect(own('10.9.9.9', 9093, 'K2')).toBe(true);
    // PostgreSQL is on this machine, so that every address of this machine leads to it.
    for (const address of ['127.0.0.1', '::1', '192.168.7.7']) expect(own(address, 5432)).toBe(true);
    // Without an answer, the game has not moved. If a load balancer returns other addresses, both are the game's for a while.
    zone['edge'] = null;
    await platform.refresh();
    expect(own('203.0.112.7', 3000)).toBe(true);
    zone['edge'] = ['203.0.112.8'];
    nowMs = 1;
    await platform.refresh();
    expect(own('203.0.112.7', 3000)).toBe(true);
    expect(own('203.0.112.8', 3000)).toBe(true);
    nowMs = 600_002;
    await platform.refresh();
    expect(own('203.0.112.7', 3000)).toBe(false);
  });

  it('parses hosts and ports of any origin', () => {
    expect(hostsOf('http://a')).toEqual([{ host: 'a', port: 80 }]);
    expect(hostsOf('https://A.example.:8443/x')).toEqual([{ host: 'a.example', port: 8443 }]);
    expect(hostsOf('postgresql://u:p@[::1]:5433/db?ssl=1')).toEqual([{ host: '::1', port: 5433 }]);
    expect(hostsOf('kafka://a,b:1')).toEqual([
      { host: 'a', port: 9092 },
      { host: 'b', port: 1 },
    ]);
    expect(hostsOf('lmdb:/data/log')).toEqual([]);
    expect(hostsOf('kinesis://eu-west-1')).toEqual([]);
  });

  it('decides on every address and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (address) => {
        expect(['string', 'object']).toContain(typeof strict.problem('name', address, 80));
      }),
    );
  });
});

describe('clip', () => {
  it('returns one line of bounded length without split characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        const line = clip(text);
        expect(line.length).toBeLessThanOrEqual(200);
        // eslint-disable-next-line no-control-regex
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        expect(line).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
      }),
    );
    expect(clip('GET /a\r\nb')).toBe('GET /a b');
  });
});

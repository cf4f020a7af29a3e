import fc from 'fast-check';
import { AllowedRange, addressKind, callProblem, rangeToAllow } from './index.js';

const everything = ['0.0.0.0/0', '::/0'].map((text) => AllowedRange.parse(text));

describe('addressKind', () => {
  it.each([
    ['93.184.216.34', 'public', 'unicast'],
    ['172.32.0.1', 'public', 'unicast'],
    ['2606:2800:220:1::1', 'public', 'unicast'],
    ['[2606:2800:220:1::1]', 'public', 'unicast'],
    ['::ffff:93.184.216.34', 'public', 'unicast'],
    ['10.1.2.3', 'private', 'private'],
    ['172.31.255.255', 'private', 'private'],
    ['192.168.1.1', 'private', 'private'],
    ['127.9.9.9', 'private', 'loopback'],
    ['100.64.0.1', 'private', 'carrier-grade NAT'],
    ['198.18.0.1', 'private', 'benchmarking'],
    ['::1', 'private', 'loopback'],
    ['fd12::1', 'private', 'unique local'],
    ['::ffff:10.0.0.1', 'private', 'private'],
    ['64:ff9b::8.8.8.8', 'private', 'NAT64'],
    ['64:ff9b::10.0.0.1', 'private', 'NAT64'],
    ['64:ff9b::169.254.169.254', 'never', 'NAT64'],
    ['64:ff9b:1::169.254.169.254', 'never', 'local NAT64'],
    ['64:ff9b:1:a9fe:a9:fe00::', 'never', 'local NAT64'],
    ['0.0.0.0', 'never', 'unspecified'],
    ['0.1.2.3', 'never', 'unspecified'],
    ['::', 'never', 'unspecified'],
    ['169.254.169.254', 'never', 'link-local'],
    ['::ffff:a9fe:a9fe', 'never', 'link-local'],
    ['fe80::1%eth0', 'never', 'link-local'],
    ['100.100.100.200', 'never', 'cloud metadata'],
    ['192.0.0.192', 'never', 'cloud metadata'],
    ['168.63.129.16', 'never', 'cloud metadata'],
    ['fd00:ec2::254', 'never', 'cloud metadata'],
    ['fd20:ce::254', 'never', 'cloud metadata'],
    ['224.0.0.1', 'never', 'multicast'],
    ['ff02::1', 'never', 'multicast'],
    ['255.255.255.255', 'never', 'broadcast'],
    ['240.0.0.1', 'never', 'reserved'],
    ['192.0.0.8', 'never', 'reserved'],
    ['192.88.99.1', 'never', 'reserved'],
    ['192.0.2.1', 'never', 'documentation'],
    ['2001:db8::1', 'never', 'documentation'],
    ['3fff::1', 'never', 'documentation'],
    ['::127.0.0.1', 'never', 'IPv4-compatible'],
    ['::2', 'never', 'IPv4-compatible'],
    ['::ffff:0:127.0.0.1', 'never', 'SIIT'],
    ['2002:7f00:1::', 'never', '6to4'],
    ['2001::1', 'never', 'Teredo'],
    ['2001:10::1', 'never', 'ORCHID'],
    ['2001:20::1', 'never', 'ORCHID'],
    ['2001:2::1', 'never', 'benchmarking'],
    ['2001:1::1', 'never', 'reserved'],
    ['2606::5efe:10.0.0.1', 'never', 'ISATAP'],
    ['2606::200:5efe:10.0.0.1', 'never', 'ISATAP'],
    ['fec0::1', 'never', 'site-local'],
    ['100::1', 'never', 'discard'],
    ['100:0:0:1::1', 'never', 'discard'],
    ['5f00::1', 'never', 'segment routing'],
    ['4000::1', 'never', 'reserved'],
    ['1::1', 'never', 'reserved'],
    ['fe00::1', 'never', 'reserved'],
  ])('%s is %s: %s', (text, reach, what) => {
    expect(addressKind(text)).toMatchObject({ reach, what });
  });

  it.each([
    ['64:ff9b::a9fe:a9fe', '169.254.169.254'],
    ['2002:7f00:0001::', '127.0.0.1'],
    ['::10.1.2.3', '10.1.2.3'],
    ['2001:0:1:2:3:4:80ff:fffe', '127.0.0.1'],
    ['2606::5efe:10.1.2.3', '10.1.2.3'],
  ])('%s forwards to %s', (text, inner) => {
    expect(addressKind(text)!.inner!.address).toBe(inner);
  });

  it.each([
    '',
    'localhost',
    '0x7f.1',
    '127.1',
    '2130706433',
    '0177.0.0.1',
    '1.2.3.4.5',
    '1::2::3',
    '127.0.0.1.',
  ])('%j is not an address', (text) => {
    expect(addressKind(text)).toBeNull();
  });

  it('is the same for every spelling of an IPv6 address', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
        const plain = groups.map((group) => group.toString(16)).join(':');
        const padded = groups.map((group) => group.toString(16).padStart(4, '0').toUpperCase()).join(':');
        expect(addressKind(`[${padded}%1]`)).toEqual(addressKind(plain));
      }),
    );
  });
});

describe('callProblem', () => {
  it('allows no address outside global unicast without an allow-list, and gives a reason for each', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (address) => {
        const kind = addressKind(address);
        expect(callProblem(address, 80, []) === null).toBe(kind?.reach === 'public');
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses addresses that are never callable, even if everything is allowed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const kind = addressKind(address)!;
        expect(callProblem(address, 80, everything) === null).toBe(kind.reach !== 'never');
      }),
      { numRuns: 2_000 },
    );
  });

  it('names the range to allow', () => {
    expect(callProblem('10.1.2.3', 80, [])).toBe(
      'address not allowed: 10.1.2.3 is private; the organiser can allow it with --allow 10.0.0.0/8',
    );
    expect(callProblem('::1', 80, [])).toContain('--allow ::1');
    expect(callProblem('169.254.169.254', 80, everything)).toBe(
      'address not allowed: 169.254.169.254 is link-local',
    );
    expect(rangeToAllow('fd12::1')).toBe('fc00::/7');
  });

  it('requires both ends of a translator to be allowed', () => {
    const nat64 = [AllowedRange.parse('64:ff9b::/96')];
    expect(callProblem('64:ff9b::8.8.8.8', 80, [])).toMatch(/8\.8\.8\.8 inside.*--allow 64:ff9b::\/96/);
    expect(callProblem('64:ff9b::8.8.8.8', 80, nat64)).toBeNull();
    expect(callProblem('64:ff9b::10.0.0.1', 80, nat64)).toMatch(/--allow 10\.0\.0\.0\/8/);
    expect(callProblem('64:ff9b::10.0.0.1', 80, [...nat64, AllowedRange.parse('10.0.0.0/8')])).toBeNull();
  });
});

describe('AllowedRange', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', 80, true],
    ['10.0.0.0/8', '11.0.0.1', 80, false],
    ['10.0.0.0/8', 'fd12::1', 80, false],
    ['10.1.2.3', '10.1.2.3', 80, true],
    ['10.1.2.3', '10.1.2.4', 80, false],
    ['127.0.0.1:8080', '127.0.0.1', 8080, true],
    ['127.0.0.1:8080', '127.0.0.1', 8081, false],
    ['127.0.0.0/8:8080', '127.1.1.1', 8080, true],
    ['::1', '::1', 80, true],
    ['fd12::/16', 'fd12:3::4', 80, true],
    ['[fd12::/16]:443', 'fd12::4', 443, true],
    ['[fd12::/16]:443', 'fd12::4', 444, false],
    ['[::1]:9', '::1', 9, true],
  ])('%s covers %s port %d: %s', (range, address, port, covered) => {
    expect(AllowedRange.parse(range).covers(address, port)).toBe(covered);
  });

  it.each([
    '',
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '127.1',
    'localhost',
    'fd12::/129',
    '10.0.0.1:0',
    '10.0.0.1:65536',
    '::ffff:10.0.0.0/104',
    '[10.0.0.1]:80',
    ' 10.0.0.0/8',
  ])('refuses %j', (text) => {
    expect(() => AllowedRange.parse(text)).toThrow(expect.objectContaining({ code: 'bad_range' }));
  });
});

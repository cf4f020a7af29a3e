import { isIPv6 } from 'node:net';
import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js';

/**
 * How far an address may be called:
 * - `public`: global unicast; callable by default.
 * - `private`: callable only where an allow-list covers it.
 * - `never`: not callable, not even with an allow-list.
 */
export type Reach = 'public' | 'private' | 'never';

export interface AddressKind {
  /** Canonical text: dotted decimal, or RFC 5952. An IPv4-mapped IPv6 address is the IPv4 address. */
  address: string;
  family: 4 | 6;
  reach: Reach;
  /** The kind of address, for messages: `private`, `loopback`, `link-local`, `multicast`, … */
  what: string;
  /** The IPv4 address to which a translator would forward the connection. */
  inner?: AddressKind;
}

type Range = readonly [cidr: string, what: string];

/** Cloud metadata and platform services inside ranges that are public or can be allowed. */
const METADATA: readonly Range[] = [
  ['100.100.100.200/32', 'cloud metadata'], // Alibaba Cloud
  ['100.100.2.136/31', 'cloud metadata'], // Alibaba Cloud, name servers
  ['192.0.0.192/32', 'cloud metadata'], // Oracle Cloud
  ['168.63.129.16/32', 'cloud metadata'], // Azure
  ['fd00:ec2::/32', 'cloud metadata'], // AWS
  ['fd20:ce::254/128', 'cloud metadata'], // Google Cloud
  ['fd00:c1::a9fe:a9fe/128', 'cloud metadata'], // Oracle Cloud
  ['fd00:42::42/128', 'cloud metadata'], // Scaleway
];

/** Ranges that `ipaddr.js` treats as ordinary addresses or classifies less precisely. */
const SPECIAL: readonly Range[] = [
  ...METADATA,
  ['::/96', 'IPv4-compatible'],
  ['64:ff9b::/96', 'NAT64'],
  ['64:ff9b:1::/48', 'local NAT64'],
  ['::ffff:0:0:0/96', 'SIIT'],
  ['2002::/16', '6to4'],
  ['2001::/32', 'Teredo'],
  ['2001:10::/28', 'ORCHID'],
  ['2001:20::/28', 'ORCHID'],
  ['2001:2::/48', 'benchmarking'],
  ['2001::/23', 'reserved'],
  ['2001:db8::/32', 'documentation'],
  ['3fff::/20', 'documentation'],
  ['192.0.2.0/24', 'documentation'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['198.18.0.0/15', 'benchmarking'],
  ['fec0::/10', 'site-local'],
  ['100::/64', 'discard'],
  ['100:0:0:1::/64', 'discard'],
  ['5f00::/16', 'segment routing'],
];

const RANGES = SPECIAL.map(([cidr, what]) => ({ range: ipaddr.parseCIDR(cidr), what }));
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Kinds that an allow-list may permit. All other non-public kinds are never callable. */
const PRIVATE = new Set(['private', 'loopback', 'carrier-grade NAT', 'unique local', 'NAT64']);
/** IPv4 also has a benchmarking range that labs use and the internet does not route; IPv6 has no equivalent in use. */
const PRIVATE_IPV4 = new Set([...PRIVATE, 'benchmarking']);

const WORDS: Record<string, string> = {
  linkLocal: 'link-local',
  carrierGradeNat: 'carrier-grade NAT',
  uniqueLocal: 'unique local',
  deprecatedSiteLocal: 'site-local',
};

/**
 * Classifies an address in any notation that sockets accept: with or without brackets and zone, IPv6 in any spelling.
 * Null for text that is neither canonical IPv4 nor IPv6 notation (`0x7f.1`, `127.1` and names, for instance).
 */
export function addressKind(text: string): AddressKind | null {
  const bare = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return ipv4Kind(ipaddr.IPv4.parse(bare));
  if (!isIPv6(bare)) return null;
  const parsed = parseIpv6(bare);
  // An IPv4 address in another notation: the operating system connects to the same host.
  if (parsed.isIPv4MappedAddress()) return ipv4Kind(parsed.toIPv4Address());
  return ipv6Kind(parsed);
}

function ipv4Kind(parsed: IPv4): AddressKind {
  const what = whatIs(parsed);
  const reach = what === 'unicast' ? 'public' : PRIVATE_IPV4.has(what) ? 'private' : 'never';
  return { address: parsed.toString(), family: 4, reach, what };
}

function ipv6Kind(parsed: IPv6): AddressKind {
  const { parts } = parsed;
  const isIsatap = (parts[4]! & ~0x200) === 0 && parts[5] === 0x5efe;
  const found = whatIs(parsed);
  let what = isIsatap && found === 'unicast' ? 'ISATAP' : found;
  if (what === 'unicast' && !parsed.match(GLOBAL_UNICAST)) what = 'reserved';
  const inner = innerOf(what, parts);
  let reach: Reach = what === 'unicast' ? 'public' : PRIVATE.has(what) ? 'private' : 'never';
  // Allowing the translator does not allow its destination.
  if (inner?.reach === 'never') reach = 'never';
  return {
    address: parsed.toRFC5952String(),
    family: 6,
    reach,
    what,
    ...(inner === undefined ? {} : { inner }),
  };
}

function whatIs(parsed: IPv4 | IPv6): string {
  const kind = parsed.range();
  // `::/96` contains two of these.
  if (kind === 'unspecified' || kind === 'loopback') return kind;
  const special = RANGES.find(({ range: [net, bits] }) => isIn(parsed, net, bits));
  return special?.what ?? WORDS[kind] ?? kind;
}

/** Whether an address lies in a range of the same family. */
export function isIn(address: IPv4 | IPv6, net: IPv4 | IPv6, bits: number): boolean {
  return address.kind() === net.kind() && (address as IPv4).match(net as IPv4, bits);
}

/** Where a translator, relay or tunnel would forward the connection, if the notation determines it uniquely. */
function innerOf(what: string, parts: readonly number[]): AddressKind | undefined {
  const ipv4 = (high: number, low: number): AddressKind =>
    ipv4Kind(new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255]));
  switch (what) {
    case 'IPv4-compatible':
    case 'NAT64':
    case 'SIIT':
    case 'ISATAP':
      return ipv4(parts[6]!, parts[7]!);
    case '6to4':
      return ipv4(parts[1]!, parts[2]!);
    case 'Teredo':
      // The client's address is stored inverted.
      return ipv4(parts[6]! ^ 0xffff, parts[7]! ^ 0xffff);
    default:
      return undefined;
  }
}

/** `ipaddr.js` reads `::1.2.3.4` as if it were `::ffff:1.2.3.4`; sockets do not. Hexadecimal notation is unambiguous. */
function parseIpv6(bare: string): IPv6 {
  return ipaddr.IPv6.parse(bare.includes('.') ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : bare);
}

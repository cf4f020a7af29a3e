import { BlockList, isIP } from 'node:net';

/** Which addresses a prober may call. Endpoints are typed in by teams, so they are not to be trusted. */
export interface AddressPolicy {
  /** Allows loopback and private ranges: for a game inside one machine or one network. */
  allowPrivateAddresses: boolean;
  /** Origins of the game itself, e.g. `http://127.0.0.1:3000`: never called, under whatever name. */
  deniedOrigins: readonly string[];
  /** Every address of this machine, so that a denied loopback origin is also denied under those. */
  localAddresses?: readonly string[];
}

/** Never a team's service: link-local (cloud metadata lives there), unspecified, multicast, reserved. */
const NEVER = blockList([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::254', 128],
]);

const PRIVATE = blockList([
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['::1', 128],
  ['fc00::', 7],
]);

const LOOPBACK = blockList([
  ['127.0.0.0', 8],
  ['::1', 128],
]);

export class AddressGuard {
  readonly #allowPrivate: boolean;
  readonly #denied: { host: string; port: number; here: boolean }[];
  readonly #local: ReadonlySet<string>;

  /** @throws TypeError if a denied origin is no URL. */
  constructor(policy: AddressPolicy) {
    this.#allowPrivate = policy.allowPrivateAddresses;
    this.#local = new Set((policy.localAddresses ?? []).map(plainAddress));
    this.#denied = policy.deniedOrigins.map((origin) => {
      const url = new URL(origin);
      const host = plainAddress(url.hostname);
      const here = host === 'localhost' || host === '0.0.0.0' || host === '::' || this.#isHere(host);
      return { host, port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)), here };
    });
  }

  /**
   * Why a connection to this resolved address must not be made, or null if it may.
   * @param hostname the name that was resolved, or the address itself
   */
  problem(hostname: string, address: string, port: number): string | null {
    const plain = plainAddress(address);
    if (isIP(plain) === 0 || matches(NEVER, plain)) return `address not allowed: ${plain}`;
    if (!this.#allowPrivate && matches(PRIVATE, plain)) return `address not allowed: ${plain} is private`;
    const own = this.#denied.some(
      (denied) =>
        denied.port === port &&
        (denied.host === plainAddress(hostname) ||
          denied.host === plain ||
          (denied.here && this.#isHere(plain))),
    );
    return own ? `address not allowed: ${plain}:${port} belongs to the game itself` : null;
  }

  #isHere(address: string): boolean {
    return this.#local.has(address) || (isIP(address) !== 0 && matches(LOOPBACK, address));
  }
}

/** Lower case, without brackets and zone; IPv6 forms that only wrap an IPv4 address become that address. */
function plainAddress(address: string): string {
  const bare = address
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '');
  if (isIP(bare) !== 6) return bare;
  const groups = ipv6Groups(bare);
  const v4 = (high: number, low: number): string =>
    [groups[high]! >> 8, groups[high]! & 255, groups[low]! >> 8, groups[low]! & 255].join('.');
  const zeros = (from: number, to: number): boolean => groups.slice(from, to).every((group) => group === 0);
  if (zeros(0, 5) && groups[5] === 0xffff) return v4(6, 7);
  // NAT64 and 6to4 gateways would carry the connection to the IPv4 address inside.
  if (groups[0] === 0x64 && groups[1] === 0xff9b && zeros(2, 6)) return v4(6, 7);
  if (groups[0] === 0x2002) return v4(1, 2);
  return bare;
}

/** The eight 16-bit groups of a valid IPv6 address. */
function ipv6Groups(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16);
  const text = dotted ? `${dotted[1]}${hex(dotted[2]!, dotted[3]!)}:${hex(dotted[4]!, dotted[5]!)}` : address;
  const [head = '', tail] = text.split('::');
  const parse = (part: string): number[] => (part === '' ? [] : part.split(':').map((g) => parseInt(g, 16)));
  const before = parse(head);
  if (tail === undefined) return before;
  const after = parse(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function matches(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function blockList(subnets: [string, number][]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, isIP(net) === 6 ? 'ipv6' : 'ipv4');
  return list;
}

import { addressKind } from '#runtime';

const DEFAULT_PORTS: Record<string, number> = {
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
  postgres: 5432,
  postgresql: 5432,
  kafka: 9092,
};

export interface HostPort {
  /** A canonical address, or a name in lower case without a trailing dot. */
  host: string;
  port: number;
}

/**
 * The hosts and ports of an origin. One URL may hold several hosts, as with brokers: `kafka://a:9092,b:9092`. Empty for a
 * URL without a network address (`lmdb:/data`, `kinesis://region`).
 * @throws TypeError for an invalid http(s) URL
 */
export function hostsOf(origin: string): HostPort[] {
  const [, scheme = '', authority = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\\]*)/i.exec(origin) ?? [];
  const fallback = DEFAULT_PORTS[scheme.toLowerCase()];
  if (fallback === undefined) return [];
  const hosts = authority.slice(authority.lastIndexOf('@') + 1);
  return hosts.split(',').flatMap((each) => {
    if (each === '') return [];
    // Brings an address into its canonical form, whatever its notation.
    const { hostname } = new URL(`http://${each}`);
    const port = /:(\d+)$/.exec(each)?.[1];
    return [{ host: canonicalHost(hostname), port: port === undefined ? fallback : Number(port) }];
  });
}

/** The canonical form of an address; a name in lower case, without a trailing dot. */
export function canonicalHost(host: string): string {
  return addressKind(host)?.address ?? host.toLowerCase().replace(/\.$/, '');
}

/**
 * The game's own origins, by address and port. A name stands for all addresses that it was last known to have. An origin
 * on this machine is denied under every address of this machine, including loopback.
 */
export class DeniedOrigins {
  private origins: readonly HostPort[];
  private local: ReadonlySet<string>;
  private readonly resolvedAddresses = new Map<string, readonly string[]>();
  /** `address:port`. */
  private denied = new Set<string>();
  /** Ports of the origins on this machine. */
  private here = new Set<number>();

  /** @throws TypeError if an origin is not a URL. */
  constructor(origins: readonly string[], localAddresses: readonly string[]) {
    this.origins = origins.flatMap(hostsOf);
    this.local = new Set(localAddresses.map(canonicalHost));
    this.rebuild();
  }

  /** The names whose addresses must be looked up. */
  get names(): string[] {
    return [...new Set(this.origins.map(({ host }) => host))].filter((host) => addressKind(host) === null);
  }

  /** @throws TypeError if an origin is not a URL; nothing changes then. */
  setOrigins(origins: readonly string[]): void {
    this.origins = origins.flatMap(hostsOf);
    this.rebuild();
  }

  setLocalAddresses(addresses: readonly string[]): void {
    this.local = new Set(addresses.map(canonicalHost));
    this.rebuild();
  }

  /** Sets a name's current addresses. */
  resolved(name: string, addresses: readonly string[]): void {
    this.resolvedAddresses.set(name, addresses.map(canonicalHost));
    this.rebuild();
  }

  /** @param address canonical */
  includes(address: string, port: number): boolean {
    return this.denied.has(`${address}:${port}`) || (this.here.has(port) && this.isHere(address));
  }

  includesName(hostname: string, port: number): boolean {
    return this.denied.has(`${canonicalHost(hostname)}:${port}`);
  }

  private rebuild(): void {
    this.denied = new Set();
    this.here = new Set();
    for (const { host, port } of this.origins)
      for (const address of [host, ...(this.resolvedAddresses.get(host) ?? [])]) {
        this.denied.add(`${address}:${port}`);
        if (this.isHere(address)) this.here.add(port);
      }
  }

  private isHere(address: string): boolean {
    if (address === 'localhost' || address.endsWith('.localhost') || this.local.has(address)) return true;
    const what = addressKind(address)?.what;
    return what === 'loopback' || what === 'unspecified';
  }
}

import type { Time } from '#kernel';
import { Resolver } from 'node:dns/promises';
import type { Address, Answer, LookupClient, Trouble } from './answer.js';
import type { WatchedFile } from './hosts-file.js';
import { candidates, type SearchRules } from './resolv-conf.js';

export interface DnsClientOptions {
  /** Name servers, `address` or `address:port`. Default: the system's. */
  servers?: readonly string[] | undefined;
  /** A lookup ends after this time, whatever the servers do. */
  timeoutMs: number;
}

export interface DnsFiles {
  hosts: WatchedFile<Map<string, Address[]>>;
  resolvConf: WatchedFile<SearchRules>;
}

/** Addresses per name that are kept: a connection tries them one after the other. */
const MAX_ADDRESSES = 32;
/** How much longer to wait for the IPv6 answer once there is an IPv4 address (RFC 8305, section 3). */
const SECOND_ANSWER_MS = 50;
const LOOPBACK: Address[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

const TROUBLES: Record<string, Trouble> = {
  ESERVFAIL: 'SERVFAIL',
  EREFUSED: 'REFUSED',
  ETIMEOUT: 'no answer',
  ECANCELLED: 'no answer',
  ECONNREFUSED: 'unreachable',
};

type Part =
  { addresses: Address[] } | { none: 'NXDOMAIN' | 'no record' } | { trouble: Trouble; detail: string };

/**
 * Queries name servers through c-ares, which blocks no thread, so a name that hangs delays no other. This class adds what
 * c-ares leaves out: /etc/hosts, `localhost`, and the search domains that Kubernetes and Compose use for their services.
 */
export class DnsClient implements LookupClient {
  private resolver: Resolver | null = null;
  private resolverOf = '';

  constructor(
    private readonly options: DnsClientOptions,
    private readonly files: DnsFiles,
    private readonly time: Time,
  ) {}

  /** One lookup at a time: its deadline cancels every query of this client. */
  async lookup(name: string): Promise<Answer> {
    const lower = name.toLowerCase();
    const bare = lower.replace(/\.$/, '');
    const listed = (await this.files.hosts.current()).get(bare);
    if (listed !== undefined) return { kind: 'found', addresses: listed.slice(0, MAX_ADDRESSES) };
    // RFC 6761: these names never go to a name server.
    if (bare === 'localhost' || bare.endsWith('.localhost')) return { kind: 'found', addresses: LOOPBACK };
    const rules = await this.files.resolvConf.current();
    const resolver = this.current();
    const cancel = this.time.after(this.options.timeoutMs, () => resolver.cancel());
    try {
      return await this.search(resolver, lower, rules);
    } finally {
      cancel();
    }
  }

  private async search(resolver: Resolver, name: string, rules: SearchRules): Promise<Answer> {
    const { timeoutMs } = this.options;
    const deadline = this.time.monotonicMs() + timeoutMs;
    let exists = false;
    let trouble: Extract<Part, { trouble: Trouble }> | null = null;
    for (const candidate of candidates(name, rules)) {
      // Such a name cannot exist, so no server needs to be asked.
      if (!isDomainName(candidate)) continue;
      const part = await this.query(resolver, candidate);
      if ('addresses' in part) return { kind: 'found', addresses: part.addresses.slice(0, MAX_ADDRESSES) };
      if ('none' in part) exists ||= part.none === 'no record';
      else trouble ??= part;
      if (trouble !== null && this.time.monotonicMs() >= deadline) break;
    }
    if (trouble !== null)
      return { kind: 'trouble', trouble: trouble.trouble, got: `${name}: ${trouble.detail}` };
    const why = exists ? 'the name has no A or AAAA record' : 'NXDOMAIN, there is no such name';
    return { kind: 'none', got: `${name}: ${why}` };
  }

  /** Queries both address families at once. An address from either is enough. */
  private async query(resolver: Resolver, name: string): Promise<Part> {
    const aaaa = this.records(resolver.resolve6(name), 6);
    const a = await this.records(resolver.resolve4(name), 4);
    if (!('addresses' in a)) {
      const six = await aaaa;
      if ('addresses' in six || ('none' in a && 'trouble' in six)) return six;
      return 'none' in a && 'none' in six && six.none === 'no record' ? six : a;
    }
    let cancel = (): void => {};
    const enough = new Promise<null>((resolve) => {
      cancel = this.time.after(SECOND_ANSWER_MS, () => resolve(null));
    });
    const six = await Promise.race([aaaa, enough]);
    cancel();
    return {
      addresses: six !== null && 'addresses' in six ? [...a.addresses, ...six.addresses] : a.addresses,
    };
  }

  private async records(asked: Promise<string[]>, family: 4 | 6): Promise<Part> {
    try {
      const addresses = (await asked).map((address) => ({ address, family }));
      return addresses.length === 0 ? { none: 'no record' } : { addresses };
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code === 'ENOTFOUND' || code === 'EBADNAME') return { none: 'NXDOMAIN' };
      if (code === 'ENODATA') return { none: 'no record' };
      const trouble = TROUBLES[code] ?? 'bad answer';
      return { trouble, detail: this.describe(trouble, code) };
    }
  }

  private describe(trouble: Trouble, code: string): string {
    if (trouble === 'no answer') return `no answer from the name server within ${this.options.timeoutMs} ms`;
    if (trouble === 'unreachable') return 'the name server could not be reached';
    if (trouble === 'bad answer') return `the name server gave an answer that cannot be used (${code})`;
    return `${trouble} from the name server`;
  }

  /** A resolver reads the system's servers once, when it is created. */
  private current(): Resolver {
    const { version } = this.files.resolvConf;
    if (this.resolver === null || this.resolverOf !== version) {
      const { servers, timeoutMs } = this.options;
      // One retry after a third of the time: a lost datagram is not a failure.
      this.resolver = new Resolver({ timeout: Math.ceil(timeoutMs / 3), tries: 2 });
      if (servers !== undefined && servers.length > 0) this.resolver.setServers(servers);
      this.resolverOf = version;
    }
    return this.resolver;
  }
}

function isDomainName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => label.length >= 1 && label.length <= 63);
}

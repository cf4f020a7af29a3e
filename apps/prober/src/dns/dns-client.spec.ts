import { systemTime as time } from '#runtime';
import { TestDnsServer, type Behaviour } from '../testing/dns-server.js';
import type { Address } from './answer.js';
import { DnsClient } from './dns-client.js';
import { WatchedFile, parseHosts } from './hosts-file.js';
import { Names } from './names.js';
import { candidates, parseSearchRules, type SearchRules } from './resolv-conf.js';

const TIMEOUT_MS = 400;
let server: TestDnsServer;
const closing: TestDnsServer[] = [];
afterEach(async () => {
  for (const each of closing.splice(0)) await each.close();
});

/** A file with this initial content. */
function file<T>(text: string, parse: (text: string) => T): WatchedFile<T> {
  return new WatchedFile(
    '/nowhere',
    () => parse(text),
    () => 0,
  );
}

async function client(
  zone: Record<string, Behaviour>,
  { hosts = '', resolvConf = '' } = {},
): Promise<DnsClient> {
  server = await TestDnsServer.start(zone);
  closing.push(server);
  return another({ hosts, resolvConf });
}

function another({ hosts = '', resolvConf = '' } = {}): DnsClient {
  return new DnsClient(
    { servers: [server.address], timeoutMs: TIMEOUT_MS },
    {
      hosts: file<Map<string, Address[]>>(hosts, parseHosts),
      resolvConf: file<SearchRules>(resolvConf, parseSearchRules),
    },
    time,
  );
}

const four = (...addresses: string[]): unknown[] => addresses.map((address) => ({ address, family: 4 }));
const six = (...addresses: string[]): unknown[] => addresses.map((address) => ({ address, family: 6 }));

describe('DnsClient', () => {
  it('queries A and AAAA at once, and uses whichever there is', async () => {
    const dns = await client({
      'both.example': { a: ['10.0.0.1'], aaaa: ['2606::1'] },
      'four.example': { a: ['10.0.0.2', '10.0.0.3'] },
      'six.example': { aaaa: ['2606::2'] },
    });
    expect(await dns.lookup('Both.Example')).toEqual({
      kind: 'found',
      addresses: [...four('10.0.0.1'), ...six('2606::1')],
    });
    expect(await dns.lookup('four.example.')).toEqual({
      kind: 'found',
      addresses: four('10.0.0.2', '10.0.0.3'),
    });
    expect(await dns.lookup('six.example')).toEqual({ kind: 'found', addresses: six('2606::2') });
  });

  it('explains a missing address: an authoritative answer, or trouble on the way to it', async () => {
    const dns = await client({
      'empty.example': {},
      'servfail.example': 'SERVFAIL',
      'refused.example': 'REFUSED',
      'silent.example': 'hang',
      'garbage.example': 'garbage',
      'lost.example': { cname: 'gone.example' },
    });
    const got = async (name: string): Promise<unknown> => dns.lookup(name);
    expect(await got('gone.example')).toEqual({
      kind: 'none',
      got: 'gone.example: NXDOMAIN, there is no such name',
    });
    expect(await got('empty.example')).toEqual({
      kind: 'none',
      got: 'empty.example: the name has no A or AAAA record',
    });
    expect(await got('lost.example')).toMatchObject({ kind: 'none' });
    expect(await got('servfail.example')).toEqual({
      kind: 'trouble',
      trouble: 'SERVFAIL',
      got: 'servfail.example: SERVFAIL from the name server',
    });
    expect(await got('refused.example')).toMatchObject({ kind: 'trouble', trouble: 'REFUSED' });
    expect(await got('silent.example')).toEqual({
      kind: 'trouble',
      trouble: 'no answer',
      got: `silent.example: no answer from the name server within ${TIMEOUT_MS} ms`,
    });
    expect(await got('garbage.example')).toMatchObject({ kind: 'trouble' });
    expect(await got('a..example')).toMatchObject({ kind: 'none' });
    expect(await got(`${'x'.repeat(64)}.example`)).toMatchObject({ kind: 'none' });
  });

  it('follows aliases, caches nothing, and bounds its answers', async () => {
    const dns = await client({
      'www.example': { cname: 'cdn.example' },
      'cdn.example': { cname: 'edge.example' },
      'edge.example': { a: ['10.0.0.4'], ttl: 3_600 },
      'many.example': { a: Array.from({ length: 25 }, (_, i) => `10.0.1.${i}`), aaaa: ['2606::1'] },
      'loop.example': { cname: 'loop.example' },
    });
    expect(await dns.lookup('www.example')).toEqual({ kind: 'found', addresses: four('10.0.0.4') });
    server.zone.set('edge.example', { a: ['10.0.0.5'], ttl: 0 });
    expect(await dns.lookup('www.example')).toEqual({ kind: 'found', addresses: four('10.0.0.5') });
    const many = await dns.lookup('many.example');
    expect(many.kind === 'found' && many.addresses.length).toBe(26);
    expect((await dns.lookup('loop.example')).kind).not.toBe('found');
  });

  it('is content with one family if the server does not answer for the other', async () => {
    const dns = await client({});
    const answerAlways = server.zone.get.bind(server.zone);
    // Broken for AAAA only, as in some load balancers.
    server.zone.get = (name) =>
      name === 'half.example'
        ? server.asked.at(-1)!.startsWith('AAAA')
          ? 'hang'
          : { a: ['10.0.0.6'] }
        : answerAlways(name);
    const startedAt = time.monotonicMs();
    expect(await dns.lookup('half.example')).toEqual({ kind: 'found', addresses: four('10.0.0.6') });
    expect(time.monotonicMs() - startedAt).toBeLessThan(TIMEOUT_MS);
  });

  it('knows the hosts file and localhost without a query', async () => {
    const dns = await client(
      {},
      { hosts: '10.9.9.9 Router router.team # mine\nfd12::9 router\nnonsense x\n' },
    );
    expect(await dns.lookup('ROUTER')).toEqual({
      kind: 'found',
      addresses: [...four('10.9.9.9'), ...six('fd12::9')],
    });
    for (const name of ['localhost', 'a.localhost', 'localhost.'])
      expect(await dns.lookup(name)).toEqual({
        kind: 'found',
        addresses: [...four('127.0.0.1'), ...six('::1')],
      });
    expect(server.asked).toEqual([]);
  });

  it('completes names as Kubernetes and Compose expect', async () => {
    const resolvConf = 'search games.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n';
    const dns = await client(
      {
        'ingest.games.svc.cluster.local': { a: ['10.96.0.1'] },
        'team-a.default.svc.cluster.local': { a: ['10.96.0.2'] },
        'team.example': { a: ['10.0.0.7'] },
      },
      { resolvConf },
    );
    expect(await dns.lookup('ingest')).toMatchObject({ addresses: four('10.96.0.1') });
    expect(await dns.lookup('team-a.default')).toMatchObject({ addresses: four('10.96.0.2') });
    expect(await dns.lookup('team.example')).toMatchObject({ addresses: four('10.0.0.7') });
    server.asked.length = 0;
    expect(await dns.lookup('team.example.')).toMatchObject({ addresses: four('10.0.0.7') });
    expect(server.asked.sort()).toEqual(['A team.example', 'AAAA team.example']);
  });
});

describe('the search list', () => {
  it('is parsed as in resolv.conf(5)', () => {
    const text =
      'nameserver 10.0.0.2\ndomain old.example\nsearch a.example. b.example # c\noptions rotate ndots:2 timeout:1\n';
    expect(parseSearchRules(text)).toEqual({ search: ['a.example', 'b.example'], ndots: 2 });
    expect(parseSearchRules('')).toEqual({ search: [], ndots: 1 });
  });

  it('tries names with few dots in the domains first, and names with many dots as they are', () => {
    const rules = { search: ['x', 'y'], ndots: 2 };
    expect(candidates('a', rules)).toEqual(['a.x', 'a.y', 'a']);
    expect(candidates('a.b.c', rules)).toEqual(['a.b.c', 'a.b.c.x', 'a.b.c.y']);
    expect(candidates('a.b.', rules)).toEqual(['a.b']);
  });
});

describe('four hanging names of one team', () => {
  it('delay no other team, and the team’s own other names only for a while', async () => {
    await client({
      ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`hang${n}.example`, 'hang' as const])),
      'fine.example': { a: ['10.0.0.8'] },
    });
    const names = new Names({ time, makeClient: () => another(), canary: null, canaryDecides: false });
    const hanging = [1, 2, 3, 4, 5, 6].map((n) => names.of('hostile').resolve(`hang${n}.example`));
    const startedAt = time.monotonicMs();
    expect(await names.of('honest').resolve('fine.example')).toEqual({ addresses: four('10.0.0.8') });
    const honestMs = time.monotonicMs() - startedAt;
    const own = names.of('hostile').resolve('fine.example');
    expect(await own).toEqual({ addresses: four('10.0.0.8') });
    const ownMs = time.monotonicMs() - startedAt;
    expect(honestMs).toBeLessThan(TIMEOUT_MS / 2);
    expect(ownMs).toBeGreaterThanOrEqual(TIMEOUT_MS - 20);
    for (const each of await Promise.all(hanging))
      expect(each).toEqual({
        outcome: 'connect_error',
        got: expect.stringMatching(/no answer .* within 400 ms/),
      });
    names.close();
  });
});

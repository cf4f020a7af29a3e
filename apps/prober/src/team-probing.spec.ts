import { settled } from '#testing';
import type { Resolution } from './dns/index.js';
import type { ServiceClient } from './service-client/service-client.js';
import { TeamProbing } from './team-probing.js';

/** Names whose lookups end when the test says so. */
class SlowNames {
  readonly asked: { name: string; done: (found: Resolution) => void }[] = [];

  resolve(name: string): Promise<Resolution> {
    return new Promise((done) => this.asked.push({ name, done }));
  }
}

const found: Resolution = { addresses: [{ address: '10.0.0.1', family: 4 }] };
const gone: Resolution = { outcome: 'connect_error', got: 'a: NXDOMAIN' };

function setUp() {
  const names = new SlowNames();
  const events: string[] = [];
  const open = (url: string): ServiceClient => {
    if (!url.startsWith('http')) throw new TypeError('neither http nor https');
    events.push(`open ${url}`);
    return {
      url,
      retire: () => events.push(`retire ${url}`),
      destroy: () => events.push(`destroy ${url}`),
    } as unknown as ServiceClient;
  };
  const probing = new TeamProbing('a', ['router', 'catalog'], {} as never, {} as never, open, names);
  const target = (index = 0): string => {
    const now = probing.target(index);
    return now === null
      ? 'none'
      : 'service' in now
        ? (now.service as unknown as { url: string }).url
        : now.problem;
  };
  return { names, events, probing, target };
}

describe('TeamProbing', () => {
  it('switches to an address immediately', () => {
    const { probing, target, names } = setUp();
    probing.setEndpoint(0, 'http://10.0.0.7:80');
    expect(target()).toBe('http://10.0.0.7:80');
    probing.setEndpoint(0, 'http://[fd12::1]');
    expect(target()).toBe('http://[fd12::1]');
    probing.setEndpoint(0, 'ftp://10.0.0.7');
    expect(target()).toMatch(/can't be called: neither http nor https/);
    expect(names.asked).toEqual([]);
  });

  it('keeps the old endpoint until the lookup of the new one has ended', async () => {
    const { probing, target, names, events } = setUp();
    probing.setEndpoint(0, 'http://a.example:81/x');
    expect(target()).toBe('none');
    expect(names.asked.map(({ name }) => name)).toEqual(['a.example']);
    names.asked[0]!.done(found);
    await probing.settled();
    expect(target()).toBe('http://a.example:81/x');
    probing.setEndpoint(0, 'http://b.example');
    await settled();
    expect(target()).toBe('http://a.example:81/x');
    expect(events).toEqual(['open http://a.example:81/x']);
    // A name without an address counts as well: the team has registered it.
    names.asked[1]!.done(gone);
    await probing.settled();
    expect(target()).toBe('http://b.example');
    expect(events.slice(1)).toEqual(['retire http://a.example:81/x', 'open http://b.example']);
  });

  it('follows the latest change, whichever lookup ends first', async () => {
    const { probing, target, names } = setUp();
    for (const name of ['a', 'b', 'c']) probing.setEndpoint(0, `http://${name}`);
    probing.setEndpoint(1, 'http://d');
    const [a, b, c, d] = names.asked;
    c!.done(found);
    await settled();
    expect(target()).toBe('http://c');
    a!.done(found);
    b!.done(found);
    d!.done(found);
    await probing.settled();
    expect([target(0), target(1)]).toEqual(['http://c', 'http://d']);
    probing.setEndpoint(0, 'http://e');
    probing.setEndpoint(0, null);
    expect(target()).toBe('none');
    names.asked[4]!.done(found);
    await probing.settled();
    expect(target()).toBe('none');
  });

  it('opens nothing after it is closed', async () => {
    const { probing, names, events } = setUp();
    probing.setEndpoint(0, 'http://10.0.0.1');
    probing.setEndpoint(1, 'http://a');
    probing.close();
    names.asked[0]!.done(found);
    await settled();
    expect(events).toEqual(['open http://10.0.0.1', 'destroy http://10.0.0.1']);
  });
});

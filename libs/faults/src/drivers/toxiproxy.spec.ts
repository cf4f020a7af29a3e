import type { ToxiproxyPlace } from '#contracts';
import { describeUnless } from '../conformance/driver-suite.js';
import { openProxiedService, toxiproxyBinary } from '../conformance/toxiproxy-server.js';
import type { FaultOrder } from '../driver.js';
import { ToxiproxyDriver } from './toxiproxy.js';

const binary = toxiproxyBinary();

describeUnless('lacks' in binary ? binary.lacks : null, 'a Toxiproxy server in trouble', () => {
  const driver = new ToxiproxyDriver();
  let part: Awaited<ReturnType<typeof openProxiedService>>;

  beforeEach(async () => {
    part = await openProxiedService();
  });
  afterEach(() => part.close());

  const target = (more: Partial<ToxiproxyPlace> = {}) => ({
    teamId: 'fenrir',
    toxiproxy: { default: { url: part.server.url, proxy: part.proxy.name, ...more } },
  });
  const knowing = () => target({ listen: part.proxy.listen, upstream: part.proxy.upstream });
  const order = (id: string, kind = 'toxiproxy-timeout'): FaultOrder => ({
    id: `${id}/fenrir`,
    kind,
    teamId: 'fenrir',
    serviceId: 'catalog',
    params: {},
    ttlMs: 60_000,
  });
  const signal = () => AbortSignal.timeout(5_000);
  const toxics = async (): Promise<string[]> => {
    const response = await fetch(`${part.server.url}/proxies/${part.proxy.name}/toxics`);
    return ((await response.json()) as { name: string }[]).map(({ name }) => name);
  };

  it('killed and restarted in the middle of a fault: nothing is called gone until customers get through', async () => {
    const fault = order('storm');
    await driver.fire(target(), fault, signal());
    expect(await part.healthy()).toBe(false);

    await part.server.kill();
    const unreachable = { code: 'toxiproxy_unreachable', retryable: true };
    await expect(driver.verify(target(), fault, signal())).rejects.toMatchObject(unreachable);

    // It has forgotten the toxic, and the proxy as well: the toxic is gone, and still nobody gets through.
    await part.server.start();
    expect(await part.healthy()).toBe(false);
    const missing = { code: 'toxiproxy_proxy_missing', retryable: true };
    await expect(driver.verify(target(), fault, signal())).rejects.toMatchObject(missing);
    await expect(driver.revert(target(), fault, signal())).rejects.toMatchObject(missing);

    await part.server.createProxy(part.proxy);
    await driver.revert(target(), fault, signal());
    expect(await driver.verify(target(), fault, signal())).toBe('gone');
    expect(await part.healthy()).toBe(true);
  });

  it.each(['toxiproxy-timeout', 'toxiproxy-down'])(
    'killed and restarted in the middle of %s: reverting makes the proxy again where the target says how',
    async (kind) => {
      const fault = order('storm', kind);
      await driver.fire(knowing(), fault, signal());
      await part.server.kill();
      await part.server.start();
      await expect(driver.verify(knowing(), fault, signal())).rejects.toMatchObject({ retryable: true });
      await driver.revert(knowing(), fault, signal());
      expect(await driver.verify(knowing(), fault, signal())).toBe('gone');
      expect(await part.healthy()).toBe(true);
      // Firing again after a crash of ours finds nothing, and acts.
      await driver.fire(knowing(), fault, signal());
      expect(await driver.confirm(knowing(), fault, signal())).toBe('active');
      expect(await part.healthy()).toBe(false);
    },
  );

  it('leaves toxics that are not ours alone', async () => {
    await fetch(`${part.server.url}/proxies/${part.proxy.name}/toxics`, {
      method: 'POST',
      body: JSON.stringify({ name: 'theirs', type: 'latency', attributes: { latency: 1 } }),
    });
    await driver.fire(target(), order('storm'), signal());
    expect(await toxics()).toEqual(['theirs', expect.stringMatching(/^payday-storm-fenrir-[0-9a-f]{12}$/)]);
    await driver.revert(target(), order('storm'), signal());
    expect(await toxics()).toEqual(['theirs']);
  });

  it('two faults that take a proxy down: it is up again when the last has ended', async () => {
    const [one, other] = [order('one', 'toxiproxy-down'), order('other', 'toxiproxy-down')];
    await driver.fire(target(), one, signal());
    await driver.fire(target(), other, signal());
    await driver.revert(target(), one, signal());
    expect(await driver.verify(target(), one, signal())).toBe('gone');
    expect(await driver.verify(target(), other, signal())).toBe('active');
    expect(await part.healthy()).toBe(false);
    await driver.revert(target(), other, signal());
    expect(await driver.verify(target(), other, signal())).toBe('gone');
    expect(await part.healthy()).toBe(true);
  });
});

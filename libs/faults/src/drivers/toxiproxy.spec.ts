import type { ToxiproxyPlace } from '#contracts';
import { describeUnless } from '../conformance/driver-suite.js';
import { openProxiedService, toxiproxyBinary } from '../testing/toxiproxy-server.js';
import { orderOf, type FaultOrder } from '../driver.js';
import { arm, DEFAULT_POLICY, type Fault, type LifeCyclePolicy } from '../fault.js';
import { step, type FaultInput } from '../life-cycle.js';
import { performCall } from '../perform-call.js';
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

  it('killed and restarted during a fault: not reported gone until customers get through', async () => {
    const fault = order('storm');
    await driver.fire(target(), fault, signal());
    expect(await part.healthy()).toBe(false);

    await part.server.kill();
    const unreachable = { code: 'toxiproxy_unreachable', retryable: true };
    await expect(driver.verify(target(), fault, signal())).rejects.toMatchObject(unreachable);

    // It has lost the toxic and the proxy: the toxic is gone, but customers still do not get through.
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
    'killed and restarted during %s: reverting recreates the proxy if the target says how',
    async (kind) => {
      const fault = order('storm', kind);
      await driver.fire(knowing(), fault, signal());
      await part.server.kill();
      await part.server.start();
      await expect(driver.verify(knowing(), fault, signal())).rejects.toMatchObject({ retryable: true });
      await driver.revert(knowing(), fault, signal());
      expect(await driver.verify(knowing(), fault, signal())).toBe('gone');
      expect(await part.healthy()).toBe(true);
      // Firing again after an orchestrator crash finds nothing, and acts.
      await driver.fire(knowing(), fault, signal());
      expect(await driver.confirm(knowing(), fault, signal())).toBe('active');
      expect(await part.healthy()).toBe(false);
    },
  );

  it('leaves foreign toxics alone', async () => {
    await fetch(`${part.server.url}/proxies/${part.proxy.name}/toxics`, {
      method: 'POST',
      body: JSON.stringify({ name: 'theirs', type: 'latency', attributes: { latency: 1 } }),
    });
    await driver.fire(target(), order('storm'), signal());
    expect(await toxics()).toEqual(['theirs', expect.stringMatching(/^payday-storm-fenrir-[0-9a-f]{12}$/)]);
    await driver.revert(target(), order('storm'), signal());
    expect(await toxics()).toEqual(['theirs']);
  });

  it('two faults that disable one proxy: it is enabled when the last has ended', async () => {
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

  it('the life cycle reports such a fault as stuck, and as reverted only when customers get through again', async () => {
    const policy: LifeCyclePolicy = { ...DEFAULT_POLICY, retryMinMs: 10, retryMaxMs: 20, stuckRetryMs: 30 };
    const { gameId, injectionId, teamId } = { gameId: 'g', injectionId: 'storm', teamId: 'fenrir' };
    const request = { gameId, injectionId, teamId, serviceId: 'catalog', kind: 'toxiproxy-timeout' };
    let fault: Fault = arm({ ...request, params: {}, label: 'Storm', ttlMs: 60_000, dueAt: Date.now() });
    /** Runs the fault as an orchestrator does, until it reaches a state. */
    async function runUntil(state: string, input: FaultInput = { type: 'tick' }): Promise<void> {
      while (fault.info.state !== state) {
        const { fault: next, effects } = step(fault, input, Date.now(), policy);
        fault = next;
        input = { type: 'tick' };
        for (const effect of effects) {
          if (effect.type === 'publish') continue;
          const call = { operation: effect.type, number: effect.call };
          const inTime = AbortSignal.timeout(policy.callTimeoutMs);
          input = await performCall(driver, call, target(), orderOf(fault, Date.now()), inTime);
        }
        if (effects.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    await runUntil('active', { type: 'due' });
    await part.server.kill();
    await runUntil('stuck', { type: 'stop-requested', reason: 'enough' });
    expect(fault.info.detail).toMatch(/^enough; not gone after 6 attempts: .*ECONNREFUSED/);
    await part.server.start();
    const before = fault.attempts;
    const goesOn = runUntil('reverted');
    while (fault.attempts < before + 3) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(fault.info.state).toBe('stuck');
    expect(await part.healthy()).toBe(false);
    await part.server.createProxy(part.proxy);
    await goesOn;
    expect(await part.healthy()).toBe(true);
  });
});

import type { KubernetesPlace } from '#contracts';
import { openKubernetesStandIn } from '../testing/kubernetes-stand-in.js';
import type { FaultOrder } from '../driver.js';
import { KubernetesDriver } from './kubernetes.js';

const ORDER: FaultOrder = {
  id: 'storm-1/fenrir',
  kind: 'kubernetes-network-delay',
  teamId: 'fenrir',
  serviceId: 'catalog',
  params: { delayMs: 300, jitterMs: 20 },
  ttlMs: 45_000,
};
const signal = (ms = 5_000) => AbortSignal.timeout(ms);

describe('kubernetes driver', () => {
  const driver = new KubernetesDriver(5);
  let cluster: Awaited<ReturnType<typeof openKubernetesStandIn>>;
  let place: KubernetesPlace;
  beforeEach(async () => {
    cluster = await openKubernetesStandIn({ app: 'catalog' });
    place = {
      kubeconfig: await cluster.kubeconfig(cluster.port),
      context: 'game-day',
      namespace: '{team}',
      selector: { app: '{service}' },
    };
  });
  afterEach(() => cluster.close());
  const target = (more: Partial<KubernetesPlace> = {}) => ({
    teamId: 'fenrir',
    kubernetes: { default: { ...place, ...more } },
  });

  it('creates the resource that Chaos Mesh documents', async () => {
    await driver.fire(target(), ORDER, signal());
    expect([...cluster.held.values()].map(({ body }) => body)).toEqual([
      {
        apiVersion: 'chaos-mesh.org/v1alpha1',
        kind: 'NetworkChaos',
        metadata: {
          name: expect.stringMatching(/^payday-storm-1-fenrir-[0-9a-f]{12}$/),
          namespace: 'fenrir',
          labels: {
            'app.kubernetes.io/managed-by': 'payday',
            'payday.dev/fault': expect.stringMatching(/^payday-storm-1-fenrir-/),
          },
          annotations: { 'payday.dev/fault-id': 'storm-1/fenrir' },
        },
        spec: {
          action: 'delay',
          mode: 'all',
          direction: 'to',
          selector: { namespaces: ['fenrir'], labelSelectors: { app: 'catalog' } },
          duration: '45000ms',
          delay: { latency: '300ms', jitter: '20ms', correlation: '0' },
        },
      },
    ]);
  });

  it('lets another process find and end the fault', async () => {
    await driver.fire(target(), ORDER, signal());
    expect(await driver.confirm(target(), ORDER, signal())).toBe('active');
    const other = new KubernetesDriver(5);
    expect(await other.verify(target(), ORDER, signal())).toBe('active');
    await other.revert(target(), ORDER, signal());
    expect(await driver.verify(target(), ORDER, signal())).toBe('gone');
  });

  it('does not mistake "nothing selected" for "everything injected"', async () => {
    const nobody = target({ selector: { app: 'typo' } });
    await driver.fire(nobody, ORDER, signal());
    const patience = new AbortController();
    cluster.onLook = (looks) => {
      if (looks === 3) patience.abort();
    };
    await expect(driver.confirm(nobody, ORDER, patience.signal)).rejects.toMatchObject({
      code: 'not_injected',
      retryable: true,
      message: expect.stringContaining('finds no pod for the selector'),
    });
  });

  it.each([
    [{ namespace: 'secret' }, 'fault_refused', /403.*which rights are needed/],
    [{ context: 'other' }, 'invalid_kubeconfig', /there is no context "other"/],
    [{ kubeconfig: '/nowhere' }, 'invalid_kubeconfig', /nowhere/],
  ])('says what is wrong with %j, for good', async (more, code, message) => {
    await expect(driver.fire(target(more), ORDER, signal())).rejects.toMatchObject({
      code,
      retryable: false,
      message: expect.stringMatching(message),
    });
  });
});

import { createServer } from 'node:http';
import { KubernetesDriver } from '../drivers/kubernetes.js';
import type { DriverSubject } from './driver-suite.js';
import { openKubernetesStandIn } from '../testing/kubernetes-stand-in.js';
import { closed, listening, portOf, unusedPort } from '../testing/servers.js';

const SELECTOR = { app: 'catalog' };

/** The real client against a stand-in of a cluster with Chaos Mesh. */
export const kubernetesSubject: DriverSubject = {
  params: {
    'kubernetes-pod-failure': {},
    'kubernetes-network-delay': { delayMs: 500 },
    'kubernetes-network-loss': { percent: 100 },
    'kubernetes-cpu-stress': { workers: 2 },
    'kubernetes-memory-stress': { mebibytes: 256 },
  },
  badParams: [
    ['kubernetes-pod-failure', { percent: 5 }],
    ['kubernetes-network-delay', { delayMs: 0 }],
    ['kubernetes-network-loss', { percent: 101 }],
    ['kubernetes-cpu-stress', {}],
    ['kubernetes-memory-stress', { mebibytes: 1.5 }],
  ],
  repairable: false,
  deadMan: true,
  async open() {
    const cluster = await openKubernetesStandIn(SELECTOR);
    const hanging = await listening(createServer(() => undefined));
    const at = async (port: number) => ({
      teamId: 'fenrir',
      kubernetes: {
        services: {
          catalog: {
            kubeconfig: await cluster.kubeconfig(port),
            context: 'game-day',
            namespace: 'fenrir',
            selector: SELECTOR,
          },
        },
      },
    });
    return {
      driver: new KubernetesDriver(5),
      target: await at(cluster.port),
      nowhere: await at(await unusedPort()),
      hanging: await at(portOf(hanging)),
      serviceId: 'catalog',
      healthy: async () => !cluster.isAnyInjected(),
      pass: (ms) => cluster.timers.pass(ms),
      async close() {
        await cluster.close();
        await closed(hanging);
      },
    };
  },
};

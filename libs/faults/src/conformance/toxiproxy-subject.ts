import { createServer } from 'node:http';
import { ToxiproxyDriver } from '../drivers/toxiproxy.js';
import type { DriverSubject } from './driver-suite.js';
import { closed, listening, portOf, unusedPort } from '../testing/servers.js';
import { openProxiedService, toxiproxyBinary } from '../testing/toxiproxy-server.js';

/** A real Toxiproxy server in front of a service. */
export const toxiproxySubject: DriverSubject = {
  params: {
    'toxiproxy-latency': { delayMs: 30_000 },
    'toxiproxy-bandwidth': { kilobytesPerSecond: 1 },
    'toxiproxy-timeout': {},
    'toxiproxy-reset-peer': {},
    'toxiproxy-limit-data': { bytes: 100 },
    'toxiproxy-down': {},
  },
  badParams: [
    ['toxiproxy-latency', {}],
    ['toxiproxy-latency', { delayMs: 100, jitterMs: -1 }],
    ['toxiproxy-bandwidth', { kilobytesPerSecond: 0 }],
    ['toxiproxy-down', { percent: 50 }],
  ],
  repairable: false,
  deadMan: false,
  ttlMs: 50,
  lacks: () => {
    const binary = toxiproxyBinary();
    return 'lacks' in binary ? binary.lacks : null;
  },
  async open() {
    const { server, proxy, healthy, close } = await openProxiedService();
    const hanging = await listening(createServer(() => undefined));
    const at = (url: string) => ({
      teamId: 'fenrir',
      toxiproxy: { services: { catalog: { url, proxy: proxy.name } } },
    });
    return {
      driver: new ToxiproxyDriver(),
      target: at(server.url),
      nowhere: at(`http://127.0.0.1:${await unusedPort()}`),
      hanging: at(`http://127.0.0.1:${portOf(hanging)}`),
      serviceId: 'catalog',
      healthy,
      pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      async close() {
        await close();
        await closed(hanging);
      },
    };
  },
};

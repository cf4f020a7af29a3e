import { createServer } from 'node:http';
import { AwsFisDriver } from '../drivers/aws-fis.js';
import { openAwsFisStandIn, TEMPLATE_MS } from '../testing/aws-fis-stand-in.js';
import type { DriverSubject } from './driver-suite.js';
import { closed, listening, portOf, unusedPort } from '../testing/servers.js';

export const CREDENTIALS = { accessKeyId: 'AKIATEST', secretAccessKey: 'a secret of the conformance suite' };

/** The real client against a stand-in of the service. The template's duration equals the faults' time to live, as the guide advises. */
export const awsFisSubject: DriverSubject = {
  params: { 'aws-fis': { template: 'stop-instances' } },
  badParams: [
    ['aws-fis', {}],
    ['aws-fis', { template: '' }],
    ['aws-fis', { template: 'stop-instances', percent: 50 }],
  ],
  repairable: false,
  deadMan: true,
  ttlMs: TEMPLATE_MS,
  async open() {
    const account = await openAwsFisStandIn(['EXT123']);
    const hanging = await listening(createServer(() => undefined));
    const at = (port: number) => ({
      teamId: 'fenrir',
      awsFis: {
        services: {
          catalog: {
            region: 'eu-central-1',
            templates: { 'stop-instances': 'EXT123' },
            endpoint: `http://127.0.0.1:${port}`,
          },
        },
      },
    });
    return {
      driver: new AwsFisDriver({ pollMs: 5, client: { credentials: CREDENTIALS } }),
      target: at(account.port),
      nowhere: at(await unusedPort()),
      hanging: at(portOf(hanging)),
      serviceId: 'catalog',
      healthy: async () => !account.isAnyRunning(),
      pass: (ms) => account.timers.pass(ms),
      async close() {
        await account.close();
        await closed(hanging);
      },
    };
  },
};

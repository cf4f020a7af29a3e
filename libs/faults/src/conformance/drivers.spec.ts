import { readdirSync } from 'node:fs';
import { describeFaultDriver, type DriverSubject } from './driver-suite.js';
import { awsFisSubject } from './aws-fis-subject.js';
import { kubernetesSubject } from './kubernetes-subject.js';
import { sandboxSubject, tcpProxySubject } from './sandbox-subject.js';
import { toxiproxySubject } from './toxiproxy-subject.js';
import { trafficSubject } from './traffic-subject.js';
import { webhookSubject } from './webhook-subject.js';

/** Every driver, by its file name in `drivers/`. */
const SUBJECTS: Readonly<Record<string, DriverSubject>> = {
  sandbox: sandboxSubject,
  'tcp-proxy': tcpProxySubject,
  traffic: trafficSubject,
  toxiproxy: toxiproxySubject,
  webhook: webhookSubject,
  kubernetes: kubernetesSubject,
  'aws-fis': awsFisSubject,
};

describe('fault drivers', () => {
  it('are all in this suite', () => {
    const files = readdirSync(new URL('../drivers/', import.meta.url))
      .filter((file) => !file.endsWith('.spec.ts'))
      .map((file) => file.replace(/\.ts$/, ''));
    expect(Object.keys(SUBJECTS).sort()).toEqual(files.sort());
  });
});

for (const [name, subject] of Object.entries(SUBJECTS)) describeFaultDriver(name, subject);

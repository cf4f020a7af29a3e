import { readdirSync } from 'node:fs';
import {
  awsFisSubject,
  describeFaultDriver,
  kubernetesSubject,
  toxiproxySubject,
  webhookSubject,
  type DriverSubject,
} from '#faults/conformance';
import { trafficSubject } from '../../apps/prober/src/testing/traffic-driver-subject.js';
import {
  sandboxSubject,
  tcpProxySubject,
} from '../../apps/unicorn-rentals/src/testing/fault-driver-subjects.js';

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
    const files = readdirSync(new URL('../../libs/faults/src/drivers/', import.meta.url))
      .filter((file) => !file.endsWith('.spec.ts'))
      .map((file) => file.replace(/\.ts$/, ''));
    expect(Object.keys(SUBJECTS).sort()).toEqual(files.sort());
  });
});

for (const [name, subject] of Object.entries(SUBJECTS)) describeFaultDriver(name, subject);

import type { FaultDriver } from './driver.js';
import { AWS_FIS_KINDS, AwsFisDriver } from './drivers/aws-fis.js';
import { KUBERNETES_KINDS, KubernetesDriver } from './drivers/kubernetes.js';
import { SANDBOX_KINDS, SandboxDriver } from './drivers/sandbox.js';
import { TCP_PROXY_KINDS, TcpProxyDriver } from './drivers/tcp-proxy.js';
import { TOXIPROXY_KINDS, ToxiproxyDriver } from './drivers/toxiproxy.js';
import { TRAFFIC_KINDS, TrafficDriver } from './drivers/traffic.js';
import { WEBHOOK_KINDS, WebhookDriver } from './drivers/webhook.js';
import type { KindSpecs } from './kind-spec.js';

/** One driver: its kinds, and how to create it. */
interface DriverEntry {
  readonly kinds: KindSpecs;
  create(): FaultDriver;
}

/** The registry of built-in drivers. A new driver is one file in `drivers/` and one entry here. */
const DRIVERS = {
  sandbox: { kinds: SANDBOX_KINDS, create: () => new SandboxDriver() },
  'tcp-proxy': { kinds: TCP_PROXY_KINDS, create: () => new TcpProxyDriver() },
  traffic: { kinds: TRAFFIC_KINDS, create: () => new TrafficDriver() },
  toxiproxy: { kinds: TOXIPROXY_KINDS, create: () => new ToxiproxyDriver() },
  webhook: { kinds: WEBHOOK_KINDS, create: () => new WebhookDriver() },
  kubernetes: { kinds: KUBERNETES_KINDS, create: () => new KubernetesDriver() },
  'aws-fis': { kinds: AWS_FIS_KINDS, create: () => new AwsFisDriver() },
} as const satisfies Record<string, DriverEntry>;

/** Every built-in fault kind, by driver name. */
export const KINDS_BY_DRIVER: Readonly<Record<string, KindSpecs>> = Object.fromEntries(
  Object.entries(DRIVERS).map(([name, { kinds }]) => [name, kinds]),
);

/** Creates one built-in driver. */
export function createDriver(name: keyof typeof DRIVERS): FaultDriver {
  return DRIVERS[name].create();
}

/** Creates every built-in driver. Drivers with heavy clients load them on first use. */
export function createDrivers(): FaultDriver[] {
  return Object.values(DRIVERS).map(({ create }) => create());
}

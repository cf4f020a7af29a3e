import type { FaultDriver } from './driver.js';
import { AWS_FIS_KINDS, AwsFisDriver } from './drivers/aws-fis.js';
import { KUBERNETES_KINDS, KubernetesDriver } from './drivers/kubernetes.js';
import { SANDBOX_KINDS, SandboxDriver } from './drivers/sandbox.js';
import { TCP_PROXY_KINDS, TcpProxyDriver } from './drivers/tcp-proxy.js';
import { TOXIPROXY_KINDS, ToxiproxyDriver } from './drivers/toxiproxy.js';
import { TRAFFIC_KINDS, TrafficDriver } from './drivers/traffic.js';
import { WEBHOOK_KINDS, WebhookDriver } from './drivers/webhook.js';
import type { KindSpecs } from './kind-spec.js';

/** Every built-in fault kind, by driver name. */
export const KINDS_BY_DRIVER: Readonly<Record<string, KindSpecs>> = {
  sandbox: SANDBOX_KINDS,
  'tcp-proxy': TCP_PROXY_KINDS,
  traffic: TRAFFIC_KINDS,
  toxiproxy: TOXIPROXY_KINDS,
  webhook: WEBHOOK_KINDS,
  kubernetes: KUBERNETES_KINDS,
  'aws-fis': AWS_FIS_KINDS,
};

/** Creates every built-in driver. Drivers with heavy clients load them on first use. */
export function createDrivers(): FaultDriver[] {
  return [
    new SandboxDriver(),
    new TcpProxyDriver(),
    new TrafficDriver(),
    new ToxiproxyDriver(),
    new WebhookDriver(),
    new KubernetesDriver(),
    new AwsFisDriver(),
  ];
}

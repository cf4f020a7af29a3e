/** Faults: their life cycle (pure), the driver port, and the drivers. */
export * from './all-drivers.js';
export * from './driver-registry.js';
export * from './driver.js';
export * from './drivers/aws-fis.js';
export * from './drivers/kubernetes.js';
export * from './drivers/sandbox.js';
export * from './drivers/tcp-proxy.js';
export * from './drivers/toxiproxy.js';
export * from './drivers/traffic.js';
export * from './drivers/webhook.js';
export * from './excuse.js';
export * from './fairness.js';
export * from './fault.js';
export * from './kind-spec.js';
export * from './life-cycle.js';
export * from './perform-call.js';

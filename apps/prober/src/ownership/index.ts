export { FindingsReporter } from './findings-reporter.js';
export { OwnershipMonitor, type OwnershipFinding } from './ownership-monitor.js';
export { OwnershipGuard, type AskResult, type OriginSender, type Verdict } from './ownership-guard.js';
export { SharedAddresses } from './shared-addresses.js';

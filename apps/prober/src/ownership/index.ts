export { FindingsReporter } from './findings-reporter.js';
export { OwnershipDesk, type OwnershipFinding } from './ownership-desk.js';
export { OwnershipGuard, type AskResult, type OriginSender, type Verdict } from './ownership-guard.js';
export { SharedAddresses } from './shared-addresses.js';

export { addressKind, type AddressKind, type Reach } from './address-kind.js';
export { AllowedRange, allowedRange } from './allowed-range.js';
export { callProblem, rangeToAllow } from './call-problem.js';

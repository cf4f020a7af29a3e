export type { Address, Answer, DnsTime, LookupClient, Resolution, Trouble } from './answer.js';
export { hasIPv6 } from './ipv6.js';
export { Names } from './names.js';
export { LOOKUP_TIMEOUT_MS, realTime, systemNames, type SystemNamesOptions } from './system-names.js';
export type { NamesOptions, TeamNames } from './team-names.js';

export type { Address, Answer, LookupClient, Resolution, Trouble } from './answer.js';
export { hasIPv6 } from './ipv6.js';
export { Names } from './names.js';
export { LOOKUP_TIMEOUT_MS, systemNames, type SystemNamesOptions } from './system-names.js';
export type { NamesOptions, TeamNames } from './team-names.js';

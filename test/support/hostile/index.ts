import { BODIES } from './bodies.js';
import { CHUNKS } from './chunks.js';
import { CODINGS } from './codings.js';
import { CONNECTIONS } from './connections.js';
import { HEADS } from './heads.js';
import { INTERIM } from './interim.js';
import { LENGTHS } from './lengths.js';
import { PACE } from './pace.js';
import { PROTOCOLS } from './protocols.js';
import type { HostileRow } from './row.js';

export { MAX_BODY_BYTES, RIGHT, TIMEOUT_MS, type HostileRow, type Listening } from './row.js';

/** Every kind of bad server. Whatever it is, it costs that server's team, and no other. */
export const HOSTILE_ROWS: readonly HostileRow[] = [
  ...HEADS,
  ...INTERIM,
  ...CHUNKS,
  ...LENGTHS,
  ...BODIES,
  ...CODINGS,
  ...PACE,
  ...CONNECTIONS,
  ...PROTOCOLS,
];

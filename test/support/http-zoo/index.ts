import { BODIES } from './bodies.js';
import { CODINGS } from './codings.js';
import { CONNECTIONS } from './connections.js';
import { HEADS } from './heads.js';
import type { Specimen } from './specimen.js';

export { BODY, type Specimen } from './specimen.js';

/** Every kind of HTTP server known to exist: what a user agent must accept, or may accept without risk, is paid; the rest is refused. */
export const HTTP_ZOO: readonly Specimen[] = [...HEADS, ...BODIES, ...CODINGS, ...CONNECTIONS];

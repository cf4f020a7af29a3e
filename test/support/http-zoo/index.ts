import { BODIES } from './bodies.js';
import { CODINGS } from './codings.js';
import { CONNECTIONS } from './connections.js';
import { HEADS } from './heads.js';
import type { Specimen } from './specimen.js';

export { BODY, type Specimen } from './specimen.js';

/** Every kind of HTTP server that is known to be out there: what a user agent must or may take without risk is paid, the rest refused. */
export const HTTP_ZOO: readonly Specimen[] = [...HEADS, ...BODIES, ...CODINGS, ...CONNECTIONS];

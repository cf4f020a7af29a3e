import type { Socket } from 'node:net';
import type { Outcome } from '#contracts';
import type { Listening } from '../hostile/row.js';
import { perRequest, says } from '../hostile/raw-server.js';

/** One way in which real servers answer, and how RFC 9110 and RFC 9112 require a user agent to treat it. */
export interface Specimen {
  /** Unique, in kebab case. */
  name: string;
  /** What the server does, and where such servers exist. */
  does: string;
  /** Default: GET. */
  method?: 'GET' | 'HEAD';
  /** The expected status. Default: 200. */
  status?: number;
  /** Null: the answer is right and paid. Otherwise why it is refused. */
  refused: Outcome | null;
  /** Absent where the machine lacks a requirement (no IPv6). */
  listen(): Promise<Listening>;
}

/** The expected body, unless its method or status has none. */
export const BODY = '{"ok":true,"n":7}';
export const LENGTH = `Content-Length: ${BODY.length}`;

/** A right answer that consists of fixed bytes. */
export function paid(name: string, does: string, bytes: string | Buffer): Specimen {
  return { name, does, refused: null, listen: says(bytes) };
}

/** A right answer that a program gives. */
export function played(
  name: string,
  does: string,
  onRequest: (socket: Socket, nth: number) => void,
): Specimen {
  return { name, does, refused: null, listen: perRequest(onRequest) };
}

/** An answer that no user agent can accept without risk. */
export function refused(name: string, does: string, bytes: string | Buffer): Specimen {
  return { name, does, refused: 'connect_error', listen: says(bytes) };
}

/** An answer with these header lines, unchanged. */
export function ok(
  lines: readonly string[],
  body: string | Buffer = BODY,
  statusLine = 'HTTP/1.1 200 OK',
): Buffer {
  const head = [statusLine, ...lines, '', ''].join('\r\n');
  return Buffer.concat([
    Buffer.from(head, 'latin1'),
    typeof body === 'string' ? Buffer.from(body, 'latin1') : body,
  ]);
}

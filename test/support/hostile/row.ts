import type { Outcome } from '#contracts';

/** A server that listens. */
export interface Listening {
  url: string;
  /** Ends the server and every connection to it. */
  close(): void;
}

/** One way in which a team's server can misbehave. */
export interface HostileRow {
  /** Unique in the table, in kebab case. */
  name: string;
  /** What the server does, as text: "ten thousand short header lines". */
  does: string;
  /**
   * The outcomes that a prober may give it. With `ok` among them the answer is right and only its form is expensive: then a team may be
   * paid for it, or refused for its cost. Without `ok` no team may be paid for it.
   */
  outcomes: readonly Outcome[];
  listen(): Promise<Listening>;
}

/** The expectation of a check for the table: `{ ok: true }`. */
export const RIGHT = '{"ok":true,"n":7}';
export const WRONG = '{"ok":false}';
/** `probing.maxBodyBytes` of that scenario, and `probing.timeoutMs`. */
export const MAX_BODY_BYTES = 65_536;
export const TIMEOUT_MS = 1_000;

/** A whole answer as text. */
export function answer(body: string, headers: readonly string[] = [], status = '200 OK'): string {
  return `${head([...headers, `Content-Length: ${Buffer.byteLength(body)}`], status)}${body}`;
}

/** The head of an answer, with the empty line that ends it. */
export function head(headers: readonly string[], status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`;
}

/** Right JSON, padded with blanks to this many bytes. */
export function rightOf(bytes: number): string {
  return RIGHT.padEnd(bytes, ' ');
}

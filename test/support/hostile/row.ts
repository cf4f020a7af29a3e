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
  /** What the server does, for people: "ten thousand short header lines". */
  does: string;
  /**
   * What a prober may call it. With `ok` among them the answer is right and only its form is dear: then a team may be paid for it, or
   * refused for what it costs. Without `ok` nobody may be paid for it.
   */
  outcomes: readonly Outcome[];
  listen(): Promise<Listening>;
}

/** What a check of the scenario that goes with the table expects: `{ ok: true }`. */
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

/** Right JSON, filled up with blanks to so many bytes. */
export function rightOf(bytes: number): string {
  return RIGHT.padEnd(bytes, ' ');
}

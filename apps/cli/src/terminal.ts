import type { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

/** The streams that a command uses. */
export interface Terminal {
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  /** Read only if it and `stderr` are terminals. */
  stdin?: NodeJS.ReadableStream & { isTTY?: boolean };
}

export const systemTerminal: Terminal = {
  stdout: process.stdout,
  stderr: process.stderr,
  // Opened at its first use, so that a command that asks nothing leaves it alone.
  get stdin() {
    return process.stdin;
  },
};

/** Writes a line; resolves when the stream accepts more. Rejects if it never will. */
export async function writeLine(stream: NodeJS.WritableStream, line: string): Promise<void> {
  if (stream.write(`${line}\n`)) return;
  const { destroyed, errored } = stream as Partial<Writable>;
  if (destroyed === true) throw errored ?? new Error('the output is closed');
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error): void => {
      stream.off('drain', done).off('error', done).off('close', done);
      if (error) reject(error);
      else resolve();
    };
    stream.once('drain', done).once('error', done).once('close', done);
  });
}

/** Names are untrusted: no control character reaches the terminal. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}/gu, ' ');
}

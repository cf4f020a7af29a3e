import type { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

/** Where a command speaks. */
export interface Terminal {
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
}

export const systemTerminal: Terminal = { stdout: process.stdout, stderr: process.stderr };

/** Writes a line; resolves when the stream takes more. Rejects if it never will. */
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

/** What people named may hold anything: no control character reaches the terminal. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}/gu, ' ');
}

/** Rows in columns; `right` holds the indexes of columns that are aligned right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => displayWidth(row[i]!))));
  return rows
    .map((row) =>
      row
        .map((cell, i) => {
          const gap = ' '.repeat(widths[i]! - displayWidth(cell));
          return right.includes(i) ? gap + cell : cell + gap;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Columns in a terminal: East Asian wide characters take two. */
function displayWidth(text: string): number {
  let width = 0;
  for (const char of text)
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/u.test(
        char,
      )
        ? 2
        : 1;
  return width;
}

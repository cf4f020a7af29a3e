import { open, rename, rm, stat } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { csvLine } from '#contracts';
import { PaydayError, messageOf } from '#kernel';
import { writeLine } from './terminal.js';

export type Format = 'ndjson' | 'csv';
type Value = string | number | boolean | null | undefined;

/** One kind of line, in both formats. */
export interface LineShape<T> {
  /** Null: no header line. */
  columns: readonly string[] | null;
  values(item: T): readonly Value[];
}

/** Writes items one per line, as JSON or as CSV with a header line where the shape has one. */
export async function writeItems<T>(
  items: AsyncIterable<T> | Iterable<T>,
  shape: LineShape<T>,
  format: Format,
  to: NodeJS.WritableStream,
): Promise<void> {
  if (format === 'csv' && shape.columns) await writeLine(to, csvLine(shape.columns));
  for await (const item of items)
    await writeLine(to, format === 'csv' ? csvLine(shape.values(item)) : JSON.stringify(item));
}

/**
 * Passes a stream to `write`: standard output, or a file that appears under its name only when it is complete. Anything but a
 * regular file (a pipe, a device) is written to directly and never replaced.
 * @throws PaydayError `unwritable_file`
 */
export async function withOutput(
  file: string | undefined,
  stdout: NodeJS.WritableStream,
  write: (to: NodeJS.WritableStream) => Promise<void>,
): Promise<void> {
  if (file === undefined) return untilReaderLeaves(stdout, write);
  const isReplaceable = await stat(file).then(
    (found) => found.isFile(),
    () => true,
  );
  const unfinished = isReplaceable ? `${file}.unfinished` : file;
  const unwritable = (cause: unknown): PaydayError =>
    new PaydayError('unwritable_file', `cannot write ${file}: ${messageOf(cause)}`, { cause });
  const handle = await open(unfinished, 'w').catch((cause: unknown) => Promise.reject(unwritable(cause)));
  const stream = handle.createWriteStream();
  let broken: unknown;
  const closed = finished(stream).catch((error: unknown) => (broken = error));
  try {
    await write(stream);
    stream.end();
    await closed;
    if (broken !== undefined) throw broken;
    if (isReplaceable) await rename(unfinished, file);
  } catch (error) {
    stream.destroy();
    if (isReplaceable) await rm(unfinished, { force: true });
    throw broken === undefined ? error : unwritable(broken);
  }
}

/** A reader that closes the pipe early (`| head`) has what it wanted. */
async function untilReaderLeaves(
  stdout: NodeJS.WritableStream,
  write: (to: NodeJS.WritableStream) => Promise<void>,
): Promise<void> {
  let left = false;
  const onError = (error: NodeJS.ErrnoException): void => {
    // `main.ts` reports other errors.
    left ||= error.code === 'EPIPE';
  };
  stdout.on('error', onError);
  try {
    await write(stdout);
  } catch (error) {
    if (!left && (error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  } finally {
    // An error of the last write arrives after we are done.
    setTimeout(() => stdout.off('error', onError), 100).unref();
  }
}

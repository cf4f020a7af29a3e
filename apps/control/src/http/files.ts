import type { ProblemCode, ProblemEntry } from '#contracts';
import { PaydayError } from '#kernel';
import { FileError } from '#scenario';

/** The text of a body that is a file: UTF-8, with or without a byte order mark. @throws PaydayError `code` */
export function bodyText(body: unknown, code: ProblemCode): string {
  if (typeof body === 'string') return body.replace(/^\uFEFF/, '');
  if (!(body instanceof Uint8Array)) throw new PaydayError(code, 'The body is empty; send the file.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw new PaydayError(code, 'The file is not UTF-8; save it as UTF-8 and send it again.', { cause });
  }
}

/** JSON within JSON as text, for the readers of files. @throws PaydayError `code` if it is nested too deeply for the stack */
export function jsonText(value: unknown, code: ProblemCode): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new PaydayError(code, 'It is nested too deeply.', { cause });
  }
}

/**
 * Runs `read` and turns the refusal of a file into a problem that lists every mistake with its place.
 * @param placeOf names the place of a mistake if it isn't a line of a file that the caller sent
 * @throws PaydayError with the code of the file's error
 */
export function readingFile<T>(read: () => T, placeOf: (entry: ProblemEntry) => ProblemEntry = (e) => e): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const errors = error.problems.map(({ line, column, path, message, allowed }) =>
      placeOf({
        path,
        message: allowed === undefined ? message : `${message}; allowed: ${allowed.join(', ')}`,
        line,
        column,
      }),
    );
    throw mistakes(error.code as ProblemCode, errors, error);
  }
}

const MAX_TOLD = 20;

/** One problem for all mistakes of a file. */
export function mistakes(code: ProblemCode, errors: readonly ProblemEntry[], cause?: unknown): PaydayError {
  const lines = errors.slice(0, MAX_TOLD).map(({ path, message, line }) => {
    const where = [line === undefined ? '' : `line ${line}`, path].filter((part) => part !== '').join(', ');
    return where === '' ? message : `${where}: ${message}`;
  });
  if (errors.length > MAX_TOLD) lines.push(`and ${errors.length - MAX_TOLD} more`);
  return new PaydayError(code, lines.join('\n'), { details: { errors }, cause });
}

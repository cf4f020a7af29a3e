import { brotliDecompress, constants, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';
import { AnswerError } from './answer-error.js';

type Decoded = (error: AnswerError | null, content: Buffer) => void;
type Decoder = (
  bytes: Buffer,
  maxBytes: number,
  whole: boolean,
  done: (error: Error | null, out: Buffer) => void,
) => void;

/** Maximum number of layers: real servers use no more, and each costs time. */
const MAX_CODINGS = 3;

const zlibOptions = (maxBytes: number, whole: boolean): ZlibOptions => ({
  maxOutputLength: maxBytes,
  // Truncated input is decoded as far as it goes.
  ...(whole ? {} : { finishFlush: constants.Z_SYNC_FLUSH }),
});

/** `deflate` is the zlib format (RFC 9110 §8.4.1.2), though some servers send raw deflate. */
const deflate: Decoder = (bytes, maxBytes, whole, done) => {
  const isZlib = bytes.length >= 2 && (bytes[0]! & 0x0f) === 8 && ((bytes[0]! << 8) | bytes[1]!) % 31 === 0;
  (isZlib ? inflate : inflateRaw)(bytes, zlibOptions(maxBytes, whole), done);
};
const gzip: Decoder = (bytes, maxBytes, whole, done) => gunzip(bytes, zlibOptions(maxBytes, whole), done);
const brotli: Decoder = (bytes, maxBytes, whole, done) =>
  brotliDecompress(
    bytes,
    {
      maxOutputLength: maxBytes,
      ...(whole ? {} : { finishFlush: constants.BROTLI_OPERATION_FLUSH }),
    },
    done,
  );

const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip,
  'x-gzip': gzip,
  deflate,
  br: brotli,
};

/**
 * Undoes content codings, the last one first, on Node's thread pool, so that the loop is not blocked. `done` is called once.
 * @param maxBytes a larger body, after any step, is `too_large`
 * @param whole false: the bytes are only the beginning; decodes as much as possible
 */
export function decodeContent(
  bytes: Buffer,
  codings: readonly string[],
  maxBytes: number,
  whole: boolean,
  done: Decoded,
): void {
  if (codings.length === 0) return done(null, bytes);
  const coding = codings.at(-1)!;
  const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  if (decode === undefined || codings.length > MAX_CODINGS) {
    const what =
      decode === undefined
        ? `the body is encoded as "${coding.slice(0, 40)}"`
        : `${codings.length} content codings`;
    const hint = 'customers ask for identity and understand gzip, deflate and br';
    return done(new AnswerError('wrong_body', `${what}; ${hint}`), bytes);
  }
  if (bytes.length === 0) return done(null, bytes);
  decode(bytes, maxBytes, whole, (error, out) => {
    if (error === null) return decodeContent(out, codings.slice(0, -1), maxBytes, whole, done);
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    done(
      tooLarge
        ? new AnswerError('too_large', `a body of more than ${maxBytes} bytes after decoding ${coding}`)
        : new AnswerError('wrong_body', `the body is not valid ${coding}: ${error.message}`),
      bytes,
    );
  });
}

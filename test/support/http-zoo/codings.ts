import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { BODY, LENGTH, ok, paid, refused, type Specimen } from './specimen.js';

const coded = (coding: string, body: Buffer): Buffer =>
  ok([`Content-Encoding: ${coding}`, `Content-Length: ${body.length}`], body);
const gzip = gzipSync(BODY);
const chunk = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

/** Compressed bodies that were not requested. */
export const CODINGS: readonly Specimen[] = [
  paid('gzip', 'gzip', coded('gzip', gzip)),
  paid('gzip-in-odd-case', 'Content-Encoding: GZip', coded('GZip', gzip)),
  paid('x-gzip', 'gzip by its old name', coded('x-gzip', gzip)),
  paid(
    'gzip-of-two-members',
    'gzip of two members',
    coded('gzip', Buffer.concat([gzipSync(BODY.slice(0, 5)), gzipSync(BODY.slice(5))])),
  ),
  paid('deflate', 'deflate, in zlib’s format', coded('deflate', deflateSync(BODY))),
  paid(
    'raw-deflate',
    'deflate without zlib’s header, as some servers send it',
    coded('deflate', deflateRawSync(BODY)),
  ),
  paid('brotli', 'brotli', coded('br', brotliCompressSync(BODY))),
  paid('identity', 'Content-Encoding: identity', ok(['Content-Encoding: identity', LENGTH])),
  paid('empty-coding', 'Content-Encoding without a value', ok(['Content-Encoding:', LENGTH])),
  paid(
    'gzip-in-chunks-with-trailers',
    'gzip in chunks, and trailers after them',
    ok(
      ['Content-Encoding: gzip', 'Transfer-Encoding: chunked'],
      Buffer.concat([
        chunk(gzip.subarray(0, 9)),
        chunk(gzip.subarray(9)),
        Buffer.from('0\r\nX-Time: 2\r\n\r\n'),
      ]),
    ),
  ),
  {
    ...refused('gzip-that-is-none', 'plain text that is called gzip', coded('gzip', Buffer.from(BODY))),
    refused: 'wrong_body',
  },
  {
    ...refused('gzip-without-its-end', 'gzip without its end', coded('gzip', gzip.subarray(0, 20))),
    refused: 'wrong_body',
  },
  {
    ...refused('coding-that-nobody-knows', 'a coding that nobody knows', coded('unicorn', Buffer.from(BODY))),
    refused: 'wrong_body',
  },
];

import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { Outcome } from '#contracts';
import { every, floods, perRequest, says } from './raw-server.js';
import { RIGHT, WRONG, head, type HostileRow } from './row.js';

const MEGABYTE = 1024 * 1024;

function coded(coding: string, body: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(head([`Content-Encoding: ${coding}`, `Content-Length: ${body.length}`])),
    body,
  ]);
}

function row(
  name: string,
  does: string,
  coding: string,
  body: () => Buffer,
  outcomes: Outcome[],
): HostileRow {
  let bytes: Buffer | undefined;
  return { name, does, outcomes, listen: () => says((bytes ??= coded(coding, body())))() };
}

const bomb = (): Buffer => Buffer.alloc(60 * MEGABYTE, ' ');
const BOMBED: Outcome[] = ['too_large'];
const BROKEN: Outcome[] = ['wrong_body', 'connect_error', 'too_large'];
/** The first ten bytes of gzip, by flags. */
const gzipHeader = (flags: number): Buffer => Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3]);
const FNAME = 8;
/** Brotli compresses 100 MB of blanks to about a hundred bytes. */
const tight = { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 } };

/** Content-Encoding. */
export const CODINGS: readonly HostileRow[] = [
  row('gzip-bomb', '60 kB of gzip that become 60 MB', 'gzip', () => gzipSync(bomb()), BOMBED),
  row('deflate-bomb', '60 kB of deflate that become 60 MB', 'deflate', () => deflateSync(bomb()), BOMBED),
  row('raw-deflate-bomb', 'the same without zlib’s header', 'deflate', () => deflateRawSync(bomb()), [
    ...BOMBED,
    ...BROKEN,
  ]),
  row(
    'brotli-bomb',
    'a hundred bytes of brotli that become 60 MB',
    'br',
    () => brotliCompressSync(bomb(), tight),
    BOMBED,
  ),
  row(
    'gzip-in-gzip-bomb',
    'a few hundred bytes, twice gzip, that become 60 MB',
    'gzip, gzip',
    () => gzipSync(gzipSync(bomb())),
    [...BOMBED, ...BROKEN],
  ),
  row(
    'gzip-once-too-often',
    'gzip of gzip, of which the header tells only one',
    'gzip',
    () => gzipSync(gzipSync(RIGHT)),
    BROKEN,
  ),
  row('gzip-cut-off', 'gzip without its end', 'gzip', () => gzipSync(RIGHT).subarray(0, 20), BROKEN),
  row(
    'gzip-with-wrong-checksum',
    'gzip whose checksum is wrong',
    'gzip',
    () => spoilt(gzipSync(WRONG), -6),
    BROKEN,
  ),
  row('no-gzip-at-all', 'plain text that is called gzip', 'gzip', () => Buffer.from(WRONG), BROKEN),
  row('no-brotli-at-all', 'plain text that is called br', 'br', () => Buffer.from(WRONG), BROKEN),
  row('unknown-coding', 'a coding that nobody knows', 'unicorn', () => Buffer.from(WRONG), BROKEN),
  row(
    'thousands-of-gzip-members',
    '3,000 empty gzip members, one after the other',
    'gzip',
    () => Buffer.concat(Array<Buffer>(3_000).fill(gzipSync(''))),
    BROKEN,
  ),
  {
    name: 'endless-empty-gzip-blocks',
    does: 'gzip of empty blocks without end: nothing ever comes out',
    outcomes: ['too_large'],
    listen: floods(
      `${head(['Content-Encoding: gzip'])}${gzipHeader(0).toString('latin1')}`,
      Buffer.from([0, 0, 0, 0xff, 0xff]),
    ),
  },
  {
    name: 'endless-gzip-file-name',
    does: 'gzip whose file name never ends',
    outcomes: ['too_large'],
    listen: floods(`${head(['Content-Encoding: gzip'])}${gzipHeader(FNAME).toString('latin1')}`, 'x'),
  },
  {
    name: 'dripping-gzip',
    does: 'gzip that comes a byte every 20 ms',
    outcomes: ['timeout'],
    listen: perRequest((socket) => {
      const bytes = gzipSync(Buffer.from(RIGHT.padEnd(200, ' ')));
      const long = Buffer.concat([gzipHeader(FNAME), Buffer.alloc(500, 'n'), bytes]);
      socket.write(head(['Content-Encoding: gzip', `Content-Length: ${long.length}`]));
      let at = 0;
      every(socket, 20, () => void socket.write(long.subarray(at, ++at)));
    }),
  },
];

function spoilt(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = at < 0 ? copy.length + at : at;
  copy[index]! ^= 0xff;
  return copy;
}

import { floods, says } from './raw-server.js';
import { MAX_BODY_BYTES, answer, head, rightOf, type HostileRow } from './row.js';

const MEGABYTE = 1024 * 1024;
const wrong = (name: string, does: string, body: string): HostileRow => ({
  name,
  does,
  outcomes: ['wrong_body', 'too_large'],
  listen: says(answer(body)),
});

/** Bodies: their size, and JSON that is expensive to read. */
export const BODIES: readonly HostileRow[] = [
  {
    name: 'endless-body',
    does: 'a body that never ends, without a length',
    outcomes: ['too_large'],
    listen: floods(head([]), 'x'.repeat(1_000)),
  },
  {
    name: 'answers-50-mb',
    does: 'a body that is announced as 50 MB',
    outcomes: ['too_large'],
    listen: floods(head([`Content-Length: ${50 * MEGABYTE}`]), 'x'.repeat(1_000)),
  },
  {
    name: 'answers-50-mb-in-chunks',
    does: 'chunks of 64 kB without end',
    outcomes: ['too_large'],
    listen: floods(head(['Transfer-Encoding: chunked']), `10000\r\n${'x'.repeat(65_536)}\r\n`),
  },
  wrong('deep-json', 'lists in lists, 30,000 deep', `${'['.repeat(30_000)}${']'.repeat(30_000)}`),
  wrong('open-brackets', '60,000 opening brackets', '['.repeat(60_000)),
  wrong('open-brackets-1-mb', '1 MB of opening brackets', '['.repeat(MEGABYTE)),
  wrong(
    'deep-json-objects',
    'objects in objects, 10,000 deep',
    `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  ),
  wrong('huge-json-number', 'a JSON number of 60,000 digits', `{"ok":${'9'.repeat(60_000)}}`),
  wrong(
    'huge-json-exponent',
    'a JSON number with an exponent of 60,000 digits',
    `{"ok":1e${'9'.repeat(60_000)}}`,
  ),
  wrong('huge-json-key', 'a JSON key of 60 kB', `{"${'k'.repeat(60_000)}":true}`),
  wrong(
    'many-json-keys',
    'an object of 5,000 keys that are numbers in falling order',
    JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${5_000 - i}`, i]))),
  ),
  wrong('many-json-escapes', 'a string of 10,000 escapes', `{"ok":"${'\\u0041'.repeat(10_000)}"}`),
  {
    name: 'invalid-utf-8',
    does: '60 kB that are no UTF-8',
    outcomes: ['wrong_body', 'too_large'],
    listen: says(Buffer.concat([Buffer.from(head(['Content-Length: 60000'])), Buffer.alloc(60_000, 0xff)])),
  },
  {
    name: 'right-and-as-large-as-allowed',
    does: `a right answer of ${MAX_BODY_BYTES} bytes`,
    outcomes: ['ok'],
    listen: says(answer(rightOf(MAX_BODY_BYTES))),
  },
];

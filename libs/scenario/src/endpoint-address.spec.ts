import fc from 'fast-check';
import { endpointAddress } from './endpoint-address.js';

const place = (url: string): string => endpointAddress(url).place;

test.each([
  ['http://h', 'http://h:80'],
  ['HTTP://H:80/', 'http://h:80'],
  ['https://h:443', 'https://h:443'],
  ['http://h:443/a', 'http://h:443/a'],
  ['http://h./a/', 'http://h:80/a'],
  ['http://h/a//b/', 'http://h:80/a/b'],
  ['http://h/./x/../a', 'http://h:80/a'],
  ['http://h/%61%2Fb%2f%7e', 'http://h:80/a%2Fb%2F~'],
  ['http://[0:0:0:0:0:0:0:1]:9', 'http://[::1]:9'],
  ['http://0x7f.1:8080', 'http://127.0.0.1:8080'],
  ['http://bücher.example', 'http://xn--bcher-kva.example:80'],
])('%s is at %s', (url, expected) => {
  expect(place(url)).toBe(expected);
});

test.each([
  ['http://h/a', 'http://h/A'],
  ['http://h/a', 'http://h/a%2Fb'],
  ['http://h:80', 'https://h:80'],
  ['http://h:80', 'http://h:81'],
  ['http://h', 'http://g'],
])('%s and %s are two places', (a, b) => {
  expect(place(a)).not.toBe(place(b));
});

test('the server is host and port alone', () => {
  expect(['http://H/a', 'http://h:80/b', 'https://h:80'].map((url) => endpointAddress(url).server)).toEqual(
    Array(3).fill('h:80'),
  );
});

test('normalising a place again does not change it', () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9_~-]{1,8}$/);
  const written = (text: string): fc.Arbitrary<string> =>
    fc
      .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
      .map((escape) =>
        [...text].map((c, i) => (escape[i] ? `%${c.charCodeAt(0).toString(16)}` : c)).join(''),
      );
  const url = fc
    .tuple(fc.domain(), fc.integer({ min: 1, max: 65_535 }), fc.array(segment, { maxLength: 3 }))
    .chain(([host, port, path]) =>
      fc.tuple(
        fc.constant(`http://${host}:${port}${path.map((each) => `/${each}`).join('')}`),
        fc
          .tuple(...path.map(written))
          .map((segments) => `http://${host.toUpperCase()}.:${port}/${segments.join('//')}/`),
      ),
    );
  fc.assert(
    fc.property(url, ([plain, other]) => {
      expect(place(other)).toBe(place(plain));
      expect(place(place(plain))).toBe(place(plain));
    }),
  );
});

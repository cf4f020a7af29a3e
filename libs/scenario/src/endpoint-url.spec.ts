import fc from 'fast-check';
import { readEndpointUrl } from './endpoint-url.js';

describe('readEndpointUrl', () => {
  it.each([
    ['http://10.0.0.7:8080', 'http://10.0.0.7:8080'],
    ['http://127.0.0.1/', 'http://127.0.0.1'],
    ['HTTPS://Fenrir.Example/router/', 'https://fenrir.example/router'],
    ['http://[::1]:3000///', 'http://[::1]:3000'],
    ['http://[0:0:0:0:0:0:0:1]', 'http://[::1]'],
    ['http://[::ffff:127.0.0.1]:80', 'http://[::ffff:7f00:1]'],
    ['http://a:80', 'http://a'],
    ['https://a:443/b', 'https://a/b'],
    ['http://team_a.default:65535', 'http://team_a.default:65535'],
    ['http://team.example.', 'http://team.example.'],
    ['http://xn--bcher-kva.example', 'http://xn--bcher-kva.example'],
    ['http://a/b%20c//d', 'http://a/b%20c//d'],
    ['http://1password.example', 'http://1password.example'],
  ])('takes %s', (text, url) => {
    expect(readEndpointUrl(text)).toEqual({ url });
  });

  it.each([
    ['', 'is not a URL; write http://host:port'],
    ['a', 'is not a URL'],
    ['//a', 'is not a URL'],
    ['a:80', 'is not http or https'],
    ['ftp://a', 'is not http or https'],
    ['blob:http://a', 'is not http or https'],
    [' http://a', 'holds a blank'],
    ['http://a ', 'holds a blank'],
    ['http://a\t', 'holds a blank'],
    ['ht\ttp://a', 'holds a blank'],
    ['http://a\r\nHost: b', 'holds a blank'],
    ['http://a/\n', 'holds a blank'],
    ['http://a\u00a0', 'holds a blank'],
    ['http://a\u200bb', 'holds a blank'],
    ['http://a\u00adb', 'holds a blank'],
    ['\ufeffhttp://a', 'holds a blank'],
    ['http://a\u0000', 'holds a blank'],
    ['http:\\\\127.0.0.1', 'holds a backslash'],
    ['http://a\\b', 'holds a backslash'],
    ['http:a', 'two slashes follow "http:"'],
    ['http:/a', 'two slashes follow "http:"'],
    ['http:///a', 'has no host'],
    ['http://', 'has no host'],
    ['http://:80', 'has no host'],
    ['http:////a', 'has no host'],
    ['http://me@a', 'must not hold a user name or password'],
    ['http://me:pw@a', 'must not hold a user name or password'],
    ['http://@a', 'must not hold a user name or password'],
    ['http://a/?', 'must not have a query'],
    ['http://a?x', 'must not have a query'],
    ['http://a/#', 'must not have a fragment'],
    ['http://a:', 'has a port that is not'],
    ['http://a:0', 'has a port that is not'],
    ['http://a:080', 'has a port that is not'],
    ['http://a:65536', 'has a port that is not'],
    ['http://a:+80', 'has a port that is not'],
    ['http://a:8\uff10', 'has a port that is not'],
    ['http://127.1', 'form of its own; write http://127.0.0.1'],
    ['http://0x7f.1:8080', 'form of its own; write http://127.0.0.1:8080'],
    ['http://2130706433', 'form of its own; write http://127.0.0.1'],
    ['http://0177.0.0.1', 'form of its own; write http://127.0.0.1'],
    ['http://127.0.0.1.', 'form of its own; write http://127.0.0.1'],
    ['http://0', 'form of its own; write http://0.0.0.0'],
    ['http://１２７.0.0.1', 'is not ASCII; write http://127.0.0.1'],
    ['http://127。0。0。1', 'is not ASCII; write http://127.0.0.1'],
    ['http://ⓛocalhost', 'is not ASCII; write http://localhost'],
    ['http://bücher.example', 'is not ASCII; write http://xn--bcher-kva.example'],
    ['http://%31%32%37.0.0.1', 'percent sign in its host, where nothing is escaped; write http://127.0.0.1'],
    ['http://localhost%00.example', 'percent sign'],
    ['http://[fe80::1%25eth0]', 'percent sign'],
    ['http://1.2.3.4.5', 'neither a name nor an IP address'],
    ['http://256.1.1.1', 'neither a name nor an IP address'],
    ['http://[::1', 'neither a name nor an IP address'],
    ['http://::1', 'IPv6 address without brackets'],
    ['http://fd12::1:80', 'IPv6 address without brackets'],
    ['http://[127.0.0.1]', 'neither a name nor an IP address'],
    ['http://[v1.x]', 'neither a name nor an IP address'],
    ['http://a..b', 'neither a name nor an IP address'],
    ['http://.a', 'neither a name nor an IP address'],
    ['http://a,b', 'neither a name nor an IP address'],
    ["http://a'b", 'neither a name nor an IP address'],
    [`http://${'x'.repeat(64)}`, 'neither a name nor an IP address'],
    ['http://a/../b', 'has a path that would be changed; write "http://a/b"'],
    ['http://a/%2e%2e/b', 'has a path that would be changed'],
    ['http://a/./', 'has a path that would be changed'],
    ['http://a/ü', 'has a path that would be changed; write "http://a/%C3%BC"'],
    [`http://a/${'x'.repeat(2000)}`, 'at most 2000'],
  ])('refuses %j', (text, why) => {
    expect(readEndpointUrl(text)).toEqual({ problem: expect.stringContaining(why) });
  });

  it('accepts its own output unchanged, and a parser reads an accepted URL the same way', () => {
    const piece = fc.constantFrom(
      ...[
        'http',
        'https',
        'HTTP',
        ':',
        '/',
        '//',
        '\\',
        '127.1',
        '127.0.0.1',
        '[::1]',
        '[',
        ']',
        '@',
        'a.b',
        '%41',
      ],
      ...[
        '.',
        '..',
        '?',
        '#',
        '\t',
        ' ',
        '0x7f',
        ':80',
        '8080',
        'ａ',
        'ß',
        '_',
        '-',
        '%2e',
        'localhost',
        '\n',
      ],
    );
    const text = fc
      .tuple(fc.constantFrom('http://', 'https://', ''), fc.array(piece, { maxLength: 6 }))
      .map(([scheme, rest]) => scheme + rest.join(''));
    fc.assert(
      fc.property(fc.oneof(text, fc.webUrl(), fc.string()), (given) => {
        const read = readEndpointUrl(given);
        if ('problem' in read) return;
        expect(readEndpointUrl(read.url)).toEqual(read);
        const { protocol, hostname, port } = new URL(given);
        const host = hostname.startsWith('[') ? '\\[[0-9a-f:.]+\\]' : hostname.replace(/\./g, '\\.');
        expect(given).toMatch(new RegExp(`^${protocol}//${host}(:(${port}|80|443))?(/[!-~]*)?$`, 'i'));
      }),
      { numRuns: 5_000 },
    );
  });
});

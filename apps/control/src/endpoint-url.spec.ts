import { endpointUrl } from './endpoint-url.js';

describe('endpointUrl', () => {
  it.each([
    ['http://10.0.0.7:8080', 'http://10.0.0.7:8080'],
    ['HTTPS://Fenrir.Example/router/', 'https://fenrir.example/router'],
    ['http://[::1]:3000///', 'http://[::1]:3000'],
  ])('takes %s', (given, stored) => {
    expect(endpointUrl(given)).toBe(stored);
  });

  it.each([
    ['', 'no absolute URL'],
    ['/router', 'no absolute URL'],
    ['ftp://host/', 'not by "ftp"'],
    ['file:///etc/passwd', 'not by "file"'],
    ['javascript:alert(1)', 'not by "javascript"'],
    ['http://user:pw@host/', 'no user or password'],
    ['http://host/?a=b', 'no query'],
    ['http://host/#x', 'no fragment'],
    ['http://host/api?', 'no query'],
    ['http://host/#', 'no fragment'],
    [`http://host/${'x'.repeat(2000)}`, 'at most 2000'],
  ])('refuses %j', (given, why) => {
    expect(() => endpointUrl(given)).toThrow(why);
  });
});

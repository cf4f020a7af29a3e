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
    ['', 'is not a URL; write http://host:port'],
    ['/router', 'is not a URL'],
    ['ftp://host/', 'is not http or https'],
    ['file:///etc/passwd', 'is not http or https'],
    ['javascript:alert(1)', 'is not http or https'],
    ['http://user:pw@host/', 'must not hold a user name or password'],
    ['http://host/?a=b', 'must not have a query'],
    ['http://host/#x', 'must not have a fragment'],
    ['http://host/api?', 'must not have a query'],
    ['http://host/#', 'must not have a fragment'],
    [`http://host/${'x'.repeat(2000)}`, 'at most 2000'],
  ])('refuses %j', (given, why) => {
    expect(() => endpointUrl(given)).toThrow(why);
  });
});

import { botRanges, originWithoutSecrets, refusalWarning } from './probe-addresses.js';

const at = (teamId: string, url: string) => ({ teamId, serviceId: 'router', url });
const zone: Record<string, string[]> = {
  'inside.example': ['10.0.0.9'],
  'both.example': ['10.0.0.9', '93.184.216.34'],
  'meta.example': ['169.254.169.254'],
};
const find = async (name: string): Promise<string[]> => zone[name] ?? [];

describe('refusalWarning', () => {
  it('names teams, endpoints and what to pass, in one line', async () => {
    const endpoints = [
      at('fenrir', 'http://10.0.0.7:8080'),
      at('golem', 'http://[::1]:8080'),
      at('hydra', 'http://inside.example'),
      at('fine', 'http://93.184.216.34'),
      at('also-fine', 'https://both.example'),
      at('unknown', 'http://nowhere.example'),
    ];
    expect(await refusalWarning(endpoints, [], find)).toBe(
      'endpoints that customers will not call: fenrir/router at http://10.0.0.7:8080, golem/router at http://[::1]:8080, ' +
        'hydra/router at http://inside.example; pass --allow 10.0.0.0/8,::1 if they are meant to be called (docs/security.md)',
    );
    expect(await refusalWarning(endpoints, ['10.0.0.0/8', '::1'], find)).toBeNull();
  });

  it('says so where no flag helps', async () => {
    expect(await refusalWarning([at('a', 'http://meta.example')], ['0.0.0.0/0'], find)).toMatch(
      /a\/router at http:\/\/meta\.example; such addresses are never called/,
    );
  });

  it('stays one line for a hundred teams', async () => {
    const many = Array.from({ length: 100 }, (_, i) => at(`t${i}`, `http://10.0.0.${i}`));
    expect(await refusalWarning(many, [], find)).toMatch(/ and 95 more; pass --allow 10\.0\.0\.0\/8 /);
  });
});

it('of bots exactly their ports are allowed', () => {
  const urls = [
    'http://127.0.0.1:4001',
    'http://127.0.0.1:4002',
    'http://127.0.0.1:4001',
    'http://[::1]:4003',
  ];
  expect(botRanges(urls.map((url) => ({ url })))).toEqual(['127.0.0.1:4001', '127.0.0.1:4002', '[::1]:4003']);
});

it('a database is denied without its password', () => {
  expect(originWithoutSecrets('postgres://me:pw@db:5433/payday?x')).toEqual(['postgres://db:5433']);
  expect(originWithoutSecrets('postgres:///payday')).toEqual([]);
  expect(originWithoutSecrets('nonsense')).toEqual([]);
});

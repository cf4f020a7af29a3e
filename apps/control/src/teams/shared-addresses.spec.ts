import { neighboursOf, refuseDuplicates, sharedAddresses } from './shared-addresses.js';

const at = (teamId: string, url: string, serviceId = 'router') => ({ teamId, serviceId, url });
const ALL = [
  at('bees', 'http://h:81/b'),
  at('ants', 'http://h:81/a', 'catalog'),
  at('ants', 'http://h:81/a'),
  at('ants', 'http://h:82'),
  at('cats', 'https://i'),
  at('dogs', 'https://i:443/'),
];

test('servers that more than one team names, with all of these teams', () => {
  expect(sharedAddresses(ALL)).toEqual([
    {
      server: 'h:81',
      endpoints: [
        at('ants', 'http://h:81/a', 'catalog'),
        at('ants', 'http://h:81/a'),
        at('bees', 'http://h:81/b'),
      ],
    },
    { server: 'i:443', endpoints: [at('cats', 'https://i'), at('dogs', 'https://i:443/')] },
  ]);
});

test.each([
  ['dogs', 'https://I', ['cats'], []],
  ['bees', 'http://h:81/b', [], ['ants']],
  ['new', 'http://h:81/a/', ['ants'], ['bees']],
  ['ants', 'http://h:82/', [], []],
  ['new', 'http://nowhere', [], []],
])('%s at %s has %p at the same place and %p at the same server', (teamId, url, samePlace, sameServer) => {
  expect(neighboursOf({ teamId, url }, ALL)).toEqual({ samePlace, sameServer });
});

test('a place belongs to the first team, also within one import', () => {
  const refused = expect.objectContaining({ code: 'endpoint_taken' }) as Error;
  const run = (wanted: typeof ALL, known: typeof ALL) => () => refuseDuplicates(wanted, known);
  expect(run([at('new', 'http://h:82/')], ALL)).toThrow(refused);
  expect(run([at('a', 'http://n'), at('b', 'http://n/')], [])).toThrow(refused);
  expect(run([at('ants', 'http://h:82/', 'pricing'), at('new', 'http://h:82/new')], ALL)).not.toThrow();
});

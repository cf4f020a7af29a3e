import { TeamsFileError, parseTeamsFile } from './index.js';

const SERVICES = ['router', 'catalog'];
const read = (text: string) => parseTeamsFile(text, 'teams.yaml', SERVICES);

function refusal(text: string): TeamsFileError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof TeamsFileError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}
const endpoint = (url: string): string => `teams:\n  - name: A\n    endpoints:\n      router: ${url}\n`;

describe('parseTeamsFile', () => {
  it('fills in ids, colours and the rest', () => {
    expect(
      read(`teams:
  - name: Fenrir Works
    endpoints: { router: http://127.0.0.1:8081/, catalog: "https://[::1]:9/base/" }
  - { name: 五つ星クラウド, id: stars, color: tomato, ranked: false }
  - { name: 無名 }
`),
    ).toEqual([
      {
        id: 'fenrir-works',
        name: 'Fenrir Works',
        color: 'oklch(0.78 0.15 0)',
        ranked: true,
        endpoints: { router: 'http://127.0.0.1:8081', catalog: 'https://[::1]:9/base' },
      },
      { id: 'stars', name: '五つ星クラウド', color: 'tomato', ranked: false, endpoints: {} },
      { id: 'team-3', name: '無名', color: 'oklch(0.78 0.15 240)', ranked: true, endpoints: {} },
    ]);
  });

  it.each<[what: string, text: string, message: string]>([
    [
      'two teams with one id',
      'teams:\n  - { name: A, id: x }\n  - { name: B, id: x }\n',
      '3:16 teams[1].id: another team has the id x; ids are unique',
    ],
    [
      'two teams whose names give one id',
      'teams:\n  - name: The A\n  - name: the-a!\n',
      '3:5 teams[1].name: another team has the id the-a; ids are unique',
    ],
    [
      'two teams with one name',
      'teams:\n  - { name: Fenrir, id: a }\n  - { name: "ＦＥＮＲＩＲ", id: b }\n',
      '3:7 teams[1].name: another team is called "ＦＥＮＲＩＲ"; people could not tell them apart',
    ],
    [
      'two names that differ only in what nobody sees',
      'teams:\n  - { name: Fenrir, id: a }\n  - { name: "Fen\\u200brir", id: b }\n',
      '3:7 teams[1].name: another team is called "Fen\u200brir"; people could not tell them apart',
    ],
    [
      'a name of which nothing is seen',
      'teams: [{ name: "\\u2060\\u3164" }]',
      '1:11 teams[0].name: shows nothing; give it letters that can be seen',
    ],
    ['an empty name', 'teams: [{ name: "  " }]', '1:11 teams[0].name: has 0 characters; 1 to 40 are allowed'],
    [
      'a long name',
      `teams: [{ name: ${'五'.repeat(41)} }]`,
      '1:11 teams[0].name: has 41 characters; 1 to 40 are allowed',
    ],
    ['no name', 'teams: [{ id: a }]', '1:9 teams[0].name: is required'],
    [
      'an unknown key',
      'teams: [{ name: A, colour: red }]',
      '1:20 teams[0].colour: unknown key (did you mean color?); allowed: id, name, color, ranked, endpoints',
    ],
    [
      'an unknown service',
      'teams:\n  - name: A\n    endpoints: { catalogue: "http://a" }\n',
      '3:18 teams[0].endpoints.catalogue: unknown service "catalogue" (did you mean catalog?); allowed: router, catalog',
    ],
    [
      'another scheme',
      endpoint('ftp://a/'),
      '4:7 teams[0].endpoints.router: "ftp://a/" is not http or https; write http://host:port',
    ],
    [
      'a file',
      endpoint('file:///etc/passwd'),
      '4:7 teams[0].endpoints.router: "file:///etc/passwd" is not http or https; write http://host:port',
    ],
    [
      'no URL',
      endpoint('localhost'),
      '4:7 teams[0].endpoints.router: "localhost" is not a URL; write http://host:port',
    ],
    [
      'a host without its scheme',
      endpoint('localhost:8080'),
      '4:7 teams[0].endpoints.router: "localhost:8080" is not http or https; write http://host:port',
    ],
    [
      'a URL that would be repaired',
      endpoint('"http:\\\\\\\\a"'),
      '4:7 teams[0].endpoints.router: "http:\\\\\\\\a" holds a backslash, which is no slash; write http://host:port',
    ],
    [
      'a port that does not exist',
      endpoint('http://a:70000'),
      '4:7 teams[0].endpoints.router: "http://a:70000" has a port that is not a whole number from 1 to 65535; write http://host:port',
    ],
    [
      'credentials',
      endpoint('http://me:secret@a'),
      '4:7 teams[0].endpoints.router: must not hold a user name or password; everybody on the team page can see it',
    ],
    [
      'a fragment',
      endpoint("'http://a/#x'"),
      '4:7 teams[0].endpoints.router: "http://a/#x" must not have a fragment (#…)',
    ],
    [
      'a query',
      endpoint('http://a/?x'),
      '4:7 teams[0].endpoints.router: "http://a/?x" must not have a query (?…): a check\'s path is appended',
    ],
    [
      'a colour that is none',
      'teams: [{ name: A, color: "red;}" }]',
      '1:20 teams[0].color: "red;}" is not a CSS colour, such as #ff9f43, tomato or oklch(0.78 0.15 120)',
    ],
    [
      'ranked with a text',
      'teams: [{ name: A, ranked: perhaps }]',
      '1:20 teams[0].ranked: unknown value "perhaps"; allowed: true, false',
    ],
    ['no teams', 'teams: []', '1:1 teams: has 0 entries; 1 to 1000 are allowed'],
    [
      'too many teams',
      `teams: [${'{name: A},'.repeat(1001)}]`,
      '1:1 teams: has 1001 entries; 1 to 1000 are allowed',
    ],
    ['an empty file', '', '1:1: the file is empty; write teams: [{name: …, endpoints: {…}}]'],
    ['a list', '- name: A', '1:1: expected a mapping, got [{"name":"A"}]; allowed: teams'],
  ])('refuses %s', (_, text, message) => {
    const error = refusal(text);
    expect(error.code).toBe('invalid_teams_file');
    expect(error.message).toBe(`teams.yaml:${message}`);
  });

  it('reports all mistakes at once', () => {
    const error = refusal(
      'teams:\n  - { name: A, id: B! }\n  - { endpoints: { router: 7, x: "ftp://a" } }\n',
    );
    expect(error.problems.map(({ line, path }) => `${line} ${path}`)).toEqual([
      '2 teams[0].id',
      '3 teams[1].name',
      '3 teams[1].endpoints.router',
      '3 teams[1].endpoints.x',
      '3 teams[1].endpoints.x',
    ]);
  });

  it('reuses no id and no name that the game has', () => {
    const taken = [
      { id: 'fenrir', name: 'Fenrir' },
      { id: 'golem', name: 'Golem Inc' },
    ];
    const text = 'teams:\n  - name: fenrir!\n  - { name: "golem  INC", id: new }\n  - name: Hydra\n';
    expect(() => parseTeamsFile(text, 't', SERVICES, taken)).toThrow(
      't:2:5 teams[0].name: the game has a team with the id fenrir already; give this one another id\n' +
        't:3:7 teams[1].name: the game has a team called "golem  INC" already',
    );
    const [hydra] = parseTeamsFile('teams: [{ name: Hydra }, { name: 無名 }]', 't', SERVICES, taken);
    expect(hydra).toMatchObject({ id: 'hydra', color: 'oklch(0.78 0.15 275)' });
    const [, nameless] = parseTeamsFile('teams: [{ name: Hydra }, { name: 無名 }]', 't', SERVICES, taken);
    expect(nameless).toMatchObject({ id: 'team-4' });
  });

  describe('one address for two teams', () => {
    const SHARED = `teams:
  - name: Ants
    endpoints: { router: 'http://h:80/x', catalog: 'http://h/x/' }
  - name: Bees
    endpoints:
      router: HTTP://H/x
      catalog: http://h/y
`;

    it('is refused, and both lines are reported', () => {
      expect(
        refusal(SHARED).problems.map(({ line, path, message }) => `${line} ${path}: ${message}`),
      ).toEqual([
        expect.stringMatching(
          /^3 teams\[0\]\.endpoints\.router: the team bees has its router at this address as well; /,
        ),
        expect.stringMatching(
          /^3 teams\[0\]\.endpoints\.catalog: the team bees has its router at this address as well; /,
        ),
        expect.stringMatching(
          /^6 teams\[1\]\.endpoints\.router: the team ants has its router at this address as well; /,
        ),
      ]);
    });

    it('is accepted if services need no proof', () => {
      expect(parseTeamsFile(SHARED, 't', SERVICES, [], { mayShare: true })).toHaveLength(2);
    });

    it('is accepted within one team, as are two paths on one server', () => {
      const own = 'teams: [{ name: A, endpoints: { router: "http://h/a", catalog: "http://h/a" } }]';
      expect(parseTeamsFile(own, 't', SERVICES)).toHaveLength(1);
      const paths =
        'teams: [{ name: A, endpoints: { router: "http://h/a" } }, { name: B, endpoints: { router: "http://h/b" } }]';
      expect(parseTeamsFile(paths, 't', SERVICES)).toHaveLength(2);
    });

    it('is refused if the game already has it', () => {
      const taken = [{ id: 'ants', name: 'Ants', endpoints: ['http://h/x'] }];
      const text = 'teams:\n  - name: Bees\n    endpoints: { router: "http://H:80/x/" }\n';
      expect(() => parseTeamsFile(text, 't', SERVICES, taken)).toThrow(
        't:3:18 teams[0].endpoints.router: another team of the game has a service at this address; each team runs its own',
      );
    });
  });
});

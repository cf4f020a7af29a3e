import fc from 'fast-check';
import { csvLine } from '#contracts';
import { TeamsFileError } from '#scenario';
import { parseTeamsCsv } from './teams-csv.js';

const SERVICES = ['router', 'catalog'];
const read = (text: string) => parseTeamsCsv(text, 'teams.csv', SERVICES, [{ id: 'golem', name: 'Golem' }]);

function problems(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof TeamsFileError)
      return error.problems.map((p) => `${p.line} ${p.path}: ${p.message}`);
    throw error;
  }
  throw new Error('the file was accepted');
}

test('reads what a spreadsheet writes: a byte order mark, CRLF, quotes, columns in any order, empty lines', () => {
  const text =
    '\uFEFFcolor,name,ranked,endpoints.catalog,id\r\n' +
    '#ff0000,"Fenrir, ""the"" wolf",TRUE,http://10.0.0.1:8080/,\r\n' +
    '\r\n' +
    ',五つ星クラウド,false,,stars\r\n';
  expect(read(text)).toEqual([
    {
      id: 'fenrir-the-wolf',
      name: 'Fenrir, "the" wolf',
      color: '#ff0000',
      ranked: true,
      endpoints: { catalog: 'http://10.0.0.1:8080' },
    },
    expect.objectContaining({ id: 'stars', name: '五つ星クラウド', ranked: false, endpoints: {} }),
  ]);
});

test.each<[what: string, text: string, expected: string[]]>([
  ['nothing', '', ['1 : the file holds no team; the first line names the columns, each other line a team']],
  [
    'only a header',
    'name\n',
    ['1 : the file holds no team; the first line names the columns, each other line a team'],
  ],
  ['no name column', 'id\nx\n', ['1 name: the column is missing']],
  ['an unknown column', 'name,endpoint.router\nA,http://h\n', ['1 endpoint.router: unknown column']],
  ['a column twice', 'name,name\nA,B\n', ['1 name: the column appears twice; keep one']],
  ['too few fields', 'name,id\nA\n', ['2 : has 1 fields; the first line names 2 columns']],
  ['what a terminal would obey', 'name,\u001b[2J\nA,x\n', ['1 \uFFFD[2J: unknown column']],
  [
    'junk for a truth',
    `name,ranked\nA,\u001b[2J${'\uFFFD'.repeat(99)}\n`,
    [`2 ranked: "\\u001b[2J${'\\ufffd'.repeat(8)}… is neither true nor false`],
  ],
  ['a truth that is none', 'name,ranked\nA,yes\n', ['2 ranked: "yes" is neither true nor false']],
  [
    'every mistake, at its line, behind a field of two lines',
    'name,id,color,endpoints.router\n"A\nB",UPPER,,\nC,,nocolor1,\nD,,,ftp://h\n',
    [
      expect.stringMatching(/^3 id: /) as unknown as string,
      expect.stringMatching(/^3 name: /) as unknown as string,
      expect.stringMatching(/^4 color: /) as unknown as string,
      expect.stringMatching(/^5 endpoints.router: /) as unknown as string,
    ],
  ],
  ['an id twice', 'name,id\nA,x\nB,x\n', ['3 id: another team has the id x; ids are unique']],
  [
    'a name twice',
    'name,id\nA,x\na,y\n',
    ['3 name: another team is called "a"; people could not tell them apart'],
  ],
  [
    'what the game has',
    'name\ngolem\n',
    [
      '2 name: the game has a team called "golem" already',
      '2 name: the game has a team with the id golem already; give this one another id',
    ],
  ],
  [
    'a quote that never ends',
    'name\nA\n"B\n',
    [expect.stringMatching(/^\d+ : not valid CSV: /) as unknown as string],
  ],
])('refuses %s', (_, text, expected) => {
  const told = problems(text);
  expect([...told].sort()).toEqual(expected);
});

test('one address for two teams is reported at both lines, unless no proof is required', () => {
  const text = 'name,endpoints.router\nAnts,http://h:80/\nFine,http://i\nBees,http://H\n';
  expect(problems(text)).toEqual([
    expect.stringMatching(/^2 endpoints\.router: the team bees has its router at this address as well/),
    expect.stringMatching(/^4 endpoints\.router: the team ants has its router at this address as well/),
  ]);
  expect(parseTeamsCsv(text, 'teams.csv', SERVICES, [], { mayShare: true })).toHaveLength(3);
});

test('a thousand teams are read, one more is refused', () => {
  const file = (count: number) =>
    `name\n${Array.from({ length: count }, (_, i) => `Team ${i}`).join('\n')}\n`;
  expect(read(file(1000))).toHaveLength(1000);
  expect(problems(file(1001))[0]).toContain('1000');
});

test('written CSV reads back the same, whatever the name', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => {
    return (
      text.trim() === text &&
      text.length <= 40 &&
      /^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\uFEFF]+$/u.test(text)
    );
  });
  fc.assert(
    fc.property(name, (text) => {
      const [team] = read(`id,name\n${csvLine(['a', text])}\n`);
      expect(team!.name).toBe(text);
    }),
  );
});

import { readFileSync } from 'node:fs';
import { parseScenario, parseTeamsFile } from './index.js';

const guide = readFileSync(new URL('../../../docs/writing-a-scenario.md', import.meta.url), 'utf8');
const examples = [...guide.matchAll(/^```yaml\n([^]*?)^```/gm)].map((match) => match[1]!);

describe('docs/writing-a-scenario.md', () => {
  it('has a scenario and a teams file that are accepted', () => {
    expect(examples).toHaveLength(2);
    expect(parseScenario(examples[0]!, 'my.yaml')).toMatchObject({
      id: 'my',
      services: [{ letter: 'M' }, { letter: 'T' }],
    });
    expect(parseTeamsFile(examples[1]!, 'teams.yaml', ['router', 'catalog']).map(({ id }) => id)).toEqual([
      'fenrir-works',
      'five-stars',
    ]);
  });

  it('names every key of both files', () => {
    const example = '{ zzz: 1 }';
    const keysOf = (text: string, read: (text: string) => unknown): string[] => {
      try {
        read(text);
      } catch (error) {
        return (error as { problems: { allowed?: string[] }[] }).problems.flatMap(
          ({ allowed }) => allowed ?? [],
        );
      }
      return [];
    };
    const scenario = (text: string) => keysOf(text, (each) => parseScenario(each, 'x'));
    const keys = [
      ...scenario(example),
      ...scenario(`services: [${example}]`),
      ...scenario(`services: [{ checks: [${example}] }]`),
      ...scenario(`services: [{ checks: [{ request: ${example}, expect: ${example} }] }]`),
      ...scenario(`probing: ${example}`),
      ...scenario(`pay: ${example}`),
      ...scenario(`pay: { downtime: ${example}, market: ${example}, speedBands: [${example}] }`),
      ...scenario(`load: [${example}]`),
      ...scenario('timeline: [{ fault: x, zzz: 1 }, { announcement: x, zzz: 1 }]'),
      ...scenario(`timeline: [{ fault: x, when: ${example} }]`),
      ...scenario(`ceremony: ${example}`),
      ...scenario(`chaos: ${example}`),
      ...keysOf(`teams: [${example}]`, (each) => parseTeamsFile(each, 'x', [])),
    ];
    expect(keys.length).toBeGreaterThan(40);
    for (const key of keys) expect(guide).toMatch(new RegExp(`\`[^\`]*\\b${key}\\b[^\`]*\``));
  });
});

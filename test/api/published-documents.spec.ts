import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { asyncApiDocument, openApiDocument } from './published-documents.js';
import { asyncApiFacts, openApiFacts } from './published-facts.js';

function linesOf(name: string): string[] {
  const text = readFileSync(new URL(`published/${name}.txt`, import.meta.url), 'utf8');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** `- ` what was published before and is gone, `+ ` what is new. */
function difference(before: readonly string[], now: readonly string[]): string[] {
  const [old, current] = [new Set(before), new Set(now)];
  return [
    ...before.filter((fact) => !current.has(fact)).map((fact) => `- ${fact}`),
    ...now.filter((fact) => !old.has(fact)).map((fact) => `+ ${fact}`),
  ].sort();
}

/** In a line of changes.txt a `*` stands for any text. */
function patternOf(line: string): RegExp {
  return new RegExp(`^${line.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
}

describe('the published documents', () => {
  it('differ from those recorded before only by what published/changes.txt lists', async () => {
    const differences = [
      ...difference(linesOf('openapi'), openApiFacts(await openApiDocument())),
      ...difference(linesOf('asyncapi'), asyncApiFacts(asyncApiDocument())),
    ];
    const listed = linesOf('changes').map((line) => ({ line, pattern: patternOf(line) }));
    expect(differences.filter((line) => !listed.some(({ pattern }) => pattern.test(line)))).toEqual([]);
    const unused = listed.filter(({ pattern }) => !differences.some((line) => pattern.test(line)));
    expect(unused.map(({ line }) => line)).toEqual([]);
  });

  it('are valid OpenAPI', async () => {
    const { valid, errors } = await new Validator().validate(
      structuredClone({ ...(await openApiDocument()) }),
    );
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  });
});

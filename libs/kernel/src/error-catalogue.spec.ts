import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { PROBLEMS } from '#contracts';
import { ERRORS, PaydayError, errorSpec, exitCodeOf } from './index.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TESTS = /\.spec\.ts$|\/conformance\/|\/testing\/|^apps\/web\//;

function productionSources(): ts.SourceFile[] {
  return ['apps', 'libs'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => join(folder, file))
      .filter((file) => /\/src\/.*(?<!\.d)\.ts$/.test(file) && !TESTS.test(file))
      .map((file) =>
        ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest, true),
      ),
  );
}

const enclosing = <T extends ts.Node>(node: ts.Node, is: (node: ts.Node) => node is T): T | undefined => {
  let at: ts.Node | undefined = node.parent;
  while (at !== undefined && !is(at)) at = at.parent;
  return at;
};

/** What a call or `new` invokes, without `this.`; for `super(…)` the base class. */
function calleeOf(node: ts.CallExpression | ts.NewExpression): string {
  if (node.expression.kind !== ts.SyntaxKind.SuperKeyword)
    return node.expression.getText().replace(/^this\./, '');
  return enclosing(node, ts.isClassDeclaration)?.heritageClauses?.[0]?.types[0]?.expression.getText() ?? '';
}

/** The file that declares a name as seen from a file: the file itself unless it imports the name from another one. */
function declaringFile(name: string, source: ts.SourceFile): string {
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const names = statement.importClause?.namedBindings;
    if (names && ts.isNamedImports(names) && names.elements.some((each) => each.name.text === name))
      return join(dirname(source.fileName), statement.moduleSpecifier.text.replace(/\.js$/, '.ts'));
  }
  return source.fileName;
}

/** The function around a node with a parameter `code`, by the name under which it is called, and that parameter's index. */
function codeParameter(node: ts.Node): { name: string; index: number } | undefined {
  for (let at = enclosing(node, ts.isFunctionLike); at !== undefined; at = enclosing(at, ts.isFunctionLike)) {
    const index = at.parameters.findIndex(({ name }) => name.getText() === 'code');
    if (index < 0) continue;
    if (ts.isConstructorDeclaration(at)) return { name: at.parent.name!.text, index };
    if (at.name !== undefined) return { name: at.name.getText(), index };
    return ts.isVariableDeclaration(at.parent) ? { name: at.parent.name.getText(), index } : undefined;
  }
  return undefined;
}

function literalsIn(value: ts.Expression): string[] {
  if (ts.isStringLiteral(value)) return [value.text];
  if (ts.isConditionalExpression(value))
    return [...literalsIn(value.whenTrue), ...literalsIn(value.whenFalse)];
  return ts.isBinaryExpression(value) ? literalsIn(value.right) : [];
}

/** Codes given to `PaydayError` and `problem`, directly or by functions and classes that pass their parameter `code` on. */
function thrownCodes(): Map<string, string> {
  const sources = productionSources();
  const codes = new Map<string, string>();
  /** By declaring file and name: the index of the parameter that takes the code. */
  const makers = new Map<string, number>();
  const indexIn = (callee: string, source: ts.SourceFile): number | undefined =>
    ['PaydayError', 'problem'].includes(callee)
      ? 0
      : makers.get(`${declaringFile(callee, source)} ${callee}`);
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const source = node.getSourceFile();
      const value = node.arguments?.[indexIn(calleeOf(node), source) ?? -1];
      if (value !== undefined) for (const code of literalsIn(value)) codes.set(code, source.fileName);
      const maker = value?.getText() === 'code' ? codeParameter(node) : undefined;
      if (maker !== undefined) makers.set(`${source.fileName} ${maker.name}`, maker.index);
    }
    ts.forEachChild(node, visit);
  };
  // Again while a pass finds more functions that pass a code on.
  for (let before = -1; before < makers.size;) {
    before = makers.size;
    sources.forEach(visit);
  }
  return codes;
}

describe('the error catalogue', () => {
  const thrown = thrownCodes();

  it('holds every code that the code base throws', () => {
    expect(thrown.size).toBeGreaterThan(100);
    // Found through a class, a method and a closure that pass codes on.
    expect([...thrown.keys()]).toEqual(
      expect.arrayContaining(['invalid_teams_file', 'not_stopped', 'not_injected', 'log_closed']),
    );
    expect([...thrown].filter(([code]) => errorSpec(code) === undefined)).toEqual([]);
  });

  it('holds no code that nothing throws', () => {
    const published = Object.keys(PROBLEMS);
    expect(Object.keys(ERRORS).filter((code) => !thrown.has(code) && !published.includes(code))).toEqual([]);
  });

  it('has the published status of each problem code', () => {
    const statuses = Object.entries(ERRORS).flatMap(([code, { http }]) =>
      http === undefined ? [] : [[code, http]],
    );
    expect(Object.fromEntries(statuses)).toEqual(
      Object.fromEntries(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status])),
    );
  });

  it('gives errors their default for retryable, and commands their exit code', () => {
    expect(new PaydayError('log_unavailable', '').retryable).toBe(true);
    expect(new PaydayError('log_unavailable', '', { retryable: false }).retryable).toBe(false);
    expect(new PaydayError('unknown_game', '').retryable).toBe(false);
    expect(new PaydayError('constructor', '').retryable).toBe(false);
    expect(['unknown_game', 'log_unavailable', 'toString'].map(exitCodeOf)).toEqual([2, 1, 1]);
  });
});

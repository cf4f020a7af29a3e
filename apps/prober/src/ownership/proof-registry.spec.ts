import { createHash } from 'node:crypto';
import { MAX_PROOFS_PER_ANSWER } from '#contracts';
import { ProofRegistry } from './proof-registry.js';

const proof = (letter: string): string => `pt_${letter.repeat(43)}`;
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

let registry: ProofRegistry;
beforeEach(() => {
  registry = new ProofRegistry();
  registry.set('a', sha(proof('a')));
  registry.set('b', sha(proof('b')));
});

const kind = (text: string, nowMs = 0): string => registry.read(text, 'a', nowMs).reading.kind;

test.each([
  ['its own', proof('a'), 'ours'],
  ['its own among others, one per line', `# gateway\n${proof('b')}\r\n  ${proof('a')}\n`, 'ours'],
  ['its own among others, by commas, as proxies join headers', `${proof('b')}, ${proof('a')}`, 'ours'],
  ['another team’s', proof('b'), 'theirs'],
  ['an unknown one', proof('c'), 'none'],
  ['a part of one', proof('a').slice(0, 45), 'none'],
  ['one with more behind it', `${proof('a')}a`, 'none'],
  ['nothing', '', 'none'],
  ['a page', `<html>${proof('a')}</html>`, 'none'],
  ['its own behind more than are read', `${many(MAX_PROOFS_PER_ANSWER)} ${proof('a')}`, 'none'],
  ['its own behind the same one again and again', `${`${proof('c')} `.repeat(100)} ${proof('a')}`, 'ours'],
])('reads %s', (_, text, expected) => {
  expect(kind(text)).toBe(expected);
});

function many(count: number): string {
  return Array.from({ length: count }, (_, i) => `pt_${String(i).padStart(43, '0')}`).join(' ');
}

test('a former proof is valid for a while, for its own team and no other', () => {
  const before = registry.version;
  registry.set('a', sha(proof('n')), 1_000);
  expect(registry.version).toBeGreaterThan(before);
  expect(registry.read(proof('a'), 'a', 999)).toEqual({ reading: { kind: 'ours' }, untilAt: 1_000 });
  expect(registry.read(proof('n'), 'a', 999)).toEqual({ reading: { kind: 'ours' }, untilAt: Infinity });
  expect([kind(proof('a'), 1_000), kind(proof('n'), 1_000)]).toEqual(['none', 'ours']);
  expect(registry.read(proof('n'), 'b', 0).reading).toEqual({ kind: 'theirs', teamId: 'a' });
});

test('setting the same proof again changes nothing', () => {
  const { version } = registry;
  registry.set('a', sha(proof('a')), 5);
  expect([registry.version, kind(proof('a'), 10)]).toEqual([version, 'ours']);
  expect([registry.knows('a'), registry.knows('x')]).toEqual([true, false]);
});

import { LineCounter, isAlias, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, Pair } from 'yaml';
import { messageOf } from '#kernel';
import type { FileProblem, Path } from './file-error.js';
import { pathText } from './file-error.js';
import { plainText } from './plain-text.js';

/** Larger files are refused without parsing. Counted in characters, not bytes. */
export const MAX_FILE_CHARACTERS = 1024 * 1024;
/** Limit on the expansion of YAML aliases, against "billion laughs". */
const MAX_ALIAS_COUNT = 100;
/** More problems than this help nobody, and locating each of them takes time. */
const MAX_PROBLEMS = 1000;

/** Reports a problem at its position in the text. */
export type Report = (path: Path, message: string, allowed?: readonly string[]) => void;

export interface YamlSource {
  /** The file as plain values; undefined if it could not be read, in which case there is a problem. */
  root: unknown;
  report: Report;
  /** All reported problems, in file order. */
  problems(): FileProblem[];
}

/** Reads YAML 1.2 (which includes JSON). Never throws because of the text; it collects problems instead. */
export function readYaml(text: string): YamlSource {
  const lines = new LineCounter();
  const found: FileProblem[] = [];
  let document: Document.Parsed | undefined;
  const add = (offset: number, problem: Omit<FileProblem, 'line' | 'column'>): void => {
    const { line, col } = lines.linePos(offset);
    found.push({ line: Math.max(1, line), column: Math.max(1, col), ...problem });
  };
  const report: Report = (path, message, allowed) => {
    if (found.length >= MAX_PROBLEMS) return;
    const offset = document === undefined ? 0 : offsetOf(document, path);
    add(offset, {
      path: pathText(path),
      message,
      ...(allowed === undefined ? {} : { allowed: [...allowed] }),
    });
  };
  const source: YamlSource = {
    root: undefined,
    report,
    problems: () => found.sort((a, b) => a.line - b.line || a.column - b.column),
  };

  if (text.length > MAX_FILE_CHARACTERS) {
    report([], `the file has ${text.length} characters; at most ${MAX_FILE_CHARACTERS} are read`);
    return source;
  }
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'core' });
    for (const error of [...document.errors, ...document.warnings]) {
      const message =
        error.code === 'DUPLICATE_KEY'
          ? `the key "${keyAt(text, error.pos[0])}" appears twice in one mapping; keep one`
          : `not valid YAML: ${plainText(error.message, 160)}`;
      add(error.pos[0], { path: '', message });
    }
    if (found.length > 0) return source;
    source.root = document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
  } catch (thrown) {
    report([], refusal(thrown));
  }
  return source;
}

function refusal(thrown: unknown): string {
  const message = messageOf(thrown);
  if (/alias/i.test(message)) return 'YAML aliases expand too far, or into themselves; write the values out';
  if (/call stack/i.test(message)) return 'the file is nested too deeply';
  return `not valid YAML: ${plainText(message, 160)}`;
}

function keyAt(text: string, offset: number): string {
  return plainText(/^["']?([^\s"':]*)/.exec(text.slice(offset, offset + 80))?.[1] ?? '', 60);
}

/** The offset of the key (in a mapping) or the item (in a list) at `path`, or of its nearest ancestor. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: Node | null | undefined = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(step),
      );
      if (pair === undefined || !isNode(pair.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      node = isNode(pair.value) ? pair.value : null;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(step)];
      if (!isNode(item)) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else break;
  }
  return offset;
}

import { PaydayError } from '#kernel';
import { plainText } from './plain-text.js';

/** Path to a value in a file's tree: keys and indexes from the root. */
export type Path = readonly (string | number)[];

/** One mistake in a hand-written file. */
export interface FileProblem {
  /** Both start at 1. Position of the key if there is one, else of the nearest existing ancestor. */
  line: number;
  column: number;
  /** `services[0].checks[2].request.path`; empty for the file as a whole. */
  path: string;
  /** What is wrong and what to do. */
  message: string;
  /** The allowed values, if they can be listed. */
  allowed?: string[];
}

const MAX_LISTED = 50;

/**
 * A file was refused. `problems` holds every mistake in file order; the message lists the first 50, one per line: `demo.yaml:14:5 services[0].wieght: unknown key; allowed: id, letter, …`.
 */
export class FileError extends PaydayError {
  readonly problems: readonly FileProblem[];

  constructor(code: string, fileName: string, problems: readonly FileProblem[]) {
    const lines = problems.slice(0, MAX_LISTED).map((problem) => describe(fileName, problem));
    if (problems.length > MAX_LISTED) lines.push(`… and ${problems.length - MAX_LISTED} more`);
    super(code, lines.join('\n'), { details: { fileName, problems } });
    this.name = new.target.name;
    this.problems = problems;
  }
}

/** Code `invalid_scenario`. */
export class ScenarioError extends FileError {
  constructor(fileName: string, problems: readonly FileProblem[]) {
    super('invalid_scenario', fileName, problems);
  }
}

/** Code `invalid_teams_file`. */
export class TeamsFileError extends FileError {
  constructor(fileName: string, problems: readonly FileProblem[]) {
    super('invalid_teams_file', fileName, problems);
  }
}

/** Code `invalid_chaos_targets`. */
export class ChaosTargetsError extends FileError {
  constructor(fileName: string, problems: readonly FileProblem[]) {
    super('invalid_chaos_targets', fileName, problems);
  }
}

function describe(fileName: string, { line, column, path, message, allowed }: FileProblem): string {
  const where = `${fileName}:${line}:${column}${path === '' ? '' : ` ${path}`}`;
  return `${where}: ${message}${allowed === undefined ? '' : `; allowed: ${allowed.join(', ')}`}`;
}

/** `['services', 0, 'id']` → `services[0].id`. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += `${text === '' ? '' : '.'}${plainText(step, 60)}`;
  }
  return text;
}

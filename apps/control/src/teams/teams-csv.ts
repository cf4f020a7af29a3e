import { CsvError, parse } from 'csv-parse/sync';
import { messageOf } from '#kernel';
import {
  TeamsFileError,
  parseTeamsFile,
  plainText,
  showValue,
  type FileProblem,
  type ExistingTeams,
  type TeamEntry,
  type TeamsFileOptions,
} from '#scenario';

const COLUMNS = ['id', 'name', 'color', 'ranked'] as const;
const ENDPOINT = 'endpoints.';

interface Line {
  record: string[];
  info: { lines: number };
}

/**
 * Teams as CSV (RFC 4180; UTF-8, a byte order mark is allowed). The first line names the columns, in any order: `name`, and
 * where wanted `id`, `color`, `ranked` (true or false) and one `endpoints.<service id>` per service. An empty field counts
 * as left out. The rules are those of `parseTeamsFile`.
 * @throws TeamsFileError (`invalid_teams_file`) with every mistake at its line
 */
export function parseTeamsCsv(
  text: string,
  fileName: string,
  serviceIds: readonly string[],
  taken: ExistingTeams = [],
  options: TeamsFileOptions = {},
): TeamEntry[] {
  const lines = readLines(text, fileName);
  const [header, ...rows] = lines;
  if (header === undefined || rows.length === 0)
    throw refusal(
      fileName,
      1,
      'the file holds no team; the first line names the columns, each other line a team',
    );
  const columns = header.record.map((name) => name.trim());
  checkColumns(columns, header.info.lines, fileName, serviceIds);
  const problems: FileProblem[] = [];
  const teams = rows.map(({ record, info }) => teamOf(columns, record, info.lines, problems));
  if (problems.length > 0) throw new TeamsFileError(fileName, problems);
  try {
    // One team per line, so that the line of a mistake there maps to the line here.
    const json = `{"teams":[\n${teams.map((team) => JSON.stringify(team)).join(',\n')}\n]}`;
    return parseTeamsFile(json, fileName, serviceIds, taken, options);
  } catch (error) {
    if (!(error instanceof TeamsFileError)) throw error;
    const inCsv = error.problems.map((problem) => ({
      ...problem,
      line: rows[problem.line - 2]?.info.lines ?? 1,
      column: 1,
      path: problem.path.replace(/^teams\[\d+\]\.?/, ''),
    }));
    throw new TeamsFileError(fileName, inCsv);
  }
}

function readLines(text: string, fileName: string): Line[] {
  try {
    return parse(text, {
      bom: true,
      info: true,
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: 10_000,
    }) as unknown as Line[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = Number((error as { lines?: unknown }).lines ?? 1);
    throw refusal(fileName, line, `not valid CSV: ${plainText(messageOf(error), 160)}`);
  }
}

function checkColumns(
  columns: string[],
  line: number,
  fileName: string,
  serviceIds: readonly string[],
): void {
  const allowed = [...COLUMNS, ...serviceIds.map((id) => `${ENDPOINT}${id}`)];
  const problems = columns.flatMap((name, index): FileProblem[] => {
    const at = { line, column: 1, path: plainText(name, 60) };
    if (columns.indexOf(name) < index) return [{ ...at, message: 'the column appears twice; keep one' }];
    if (!allowed.includes(name)) return [{ ...at, message: 'unknown column', allowed }];
    return [];
  });
  if (!columns.includes('name'))
    problems.push({ line, column: 1, path: 'name', message: 'the column is missing' });
  if (problems.length > 0) throw new TeamsFileError(fileName, problems);
}

function teamOf(columns: string[], record: string[], line: number, problems: FileProblem[]): object {
  const wrong = (path: string, message: string): void =>
    void problems.push({ line, column: 1, path, message });
  if (record.length !== columns.length)
    wrong('', `has ${record.length} fields; the first line names ${columns.length} columns`);
  const team: Record<string, unknown> = {};
  const endpoints: Record<string, string> = {};
  columns.forEach((column, index) => {
    const value = (record[index] ?? '').trim();
    if (value === '') return;
    if (column.startsWith(ENDPOINT)) endpoints[column.slice(ENDPOINT.length)] = value;
    else if (column !== 'ranked') team[column] = value;
    else if (/^(true|false)$/i.test(value)) team['ranked'] = value.toLowerCase() === 'true';
    else wrong('ranked', `${showValue(value)} is neither true nor false`);
  });
  return { ...team, endpoints };
}

function refusal(fileName: string, line: number, message: string): TeamsFileError {
  return new TeamsFileError(fileName, [{ line, column: 1, path: '', message }]);
}

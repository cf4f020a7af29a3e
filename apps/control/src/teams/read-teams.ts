import type { ProblemEntry, TeamInfo } from '#contracts';
import type { Endpoint } from '#persistence';
import { parseTeamsFile, type ExistingTeams, type TeamEntry, type TeamsFileOptions } from '#scenario';
import { jsonText, readingFile } from '../http/files.js';
import { parseTeamsCsv } from './teams-csv.js';

/** Teams with their endpoints, as a game stores them. */
export interface NewTeams {
  teams: TeamInfo[];
  endpoints: Endpoint[];
}

/** The source of teams: a file, or a JSON list with the entries of a teams file. */
export type TeamsSource = { format: 'csv' | 'yaml'; text: string } | { teams: readonly unknown[] };

/**
 * @param serviceIds of the game's scenario
 * @param taken teams that the game already has, with the addresses of their services
 * @throws PaydayError `invalid_teams_file` with every mistake, and its line in files
 */
export function readTeams(
  source: TeamsSource,
  serviceIds: readonly string[],
  taken: ExistingTeams = [],
  options: TeamsFileOptions = {},
): NewTeams {
  if ('teams' in source) {
    const json = jsonText({ teams: source.teams }, 'invalid_teams_file');
    return split(readingFile(() => parseTeamsFile(json, 'teams', serviceIds, taken, options), withoutPlace));
  }
  const { format, text } = source;
  return format === 'csv'
    ? split(readingFile(() => parseTeamsCsv(text, 'teams', serviceIds, taken, options), withoutColumn))
    : split(readingFile(() => parseTeamsFile(text, 'teams', serviceIds, taken, options)));
}

function split(entries: readonly TeamEntry[]): NewTeams {
  return {
    teams: entries.map(({ id, name, color, ranked }) => ({ id, name, color, ranked })),
    endpoints: entries.flatMap(({ id, endpoints }) =>
      Object.entries(endpoints).map(([serviceId, url]) => ({ teamId: id, serviceId, url })),
    ),
  };
}

function withoutColumn({ column: _, ...entry }: ProblemEntry): ProblemEntry {
  return entry;
}

/** The caller sent no lines. */
function withoutPlace({ path, message }: ProblemEntry): ProblemEntry {
  return { path, message };
}

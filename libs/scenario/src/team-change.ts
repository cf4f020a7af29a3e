import type { ProblemEntry, TeamInfo } from '#contracts';
import { PaydayError } from '#kernel';
import { pathText } from './file-error.js';
import { boolean, isMapping, object, optional } from './readers.js';
import { teamColor, teamName } from './team-rules.js';
import type { Report } from './yaml-source.js';

/** Changes to a team; absent fields stay. The id is permanent. */
export type TeamChange = Partial<Omit<TeamInfo, 'id'>>;

const shape = object({
  name: optional(teamName),
  color: optional(teamColor),
  ranked: optional(boolean),
});

/**
 * Reads a change, with a teams file's rules for names and colours.
 * @throws PaydayError `bad_request` with every mistake: not a mapping, an unknown key, nothing to change, a null, an invalid value.
 * The caller checks whether another team has the name.
 */
export function parseTeamChange(input: unknown): TeamChange {
  const errors: ProblemEntry[] = [];
  const report: Report = (path, message, allowed) => {
    const told = allowed === undefined ? message : `${message}; allowed: ${allowed.join(', ')}`;
    errors.push({ path: path.length === 0 ? 'body' : pathText(path), message: told });
  };
  const draft = shape(input, [], report);
  if (isMapping(input)) {
    if (Object.keys(input).length === 0) report([], 'changes nothing; give name, color or ranked');
    // The readers treat null as absent, but a caller might expect it to remove the value.
    for (const key of ['name', 'color', 'ranked'])
      if (input[key] === null) report([key], 'must not be null; leave it out to keep what it is');
  }
  if (draft !== undefined && errors.length === 0) return withoutAbsent(draft);
  throw new PaydayError('bad_request', errors.map((e) => `${e.path}: ${e.message}`).join('; '), {
    details: { errors },
  });
}

function withoutAbsent({ name, color, ranked }: NonNullable<ReturnType<typeof shape>>): TeamChange {
  return {
    ...(name === undefined ? {} : { name }),
    ...(color === undefined ? {} : { color }),
    ...(ranked === undefined ? {} : { ranked }),
  };
}

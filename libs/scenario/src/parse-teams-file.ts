import type { TeamInfo } from '#contracts';
import { slugify } from '#kernel';
import { endpointAddress } from './endpoint-address.js';
import { readEndpointUrl } from './endpoint-url.js';
import { TeamsFileError } from './file-error.js';
import type { Path } from './file-error.js';
import { showValue } from './plain-text.js';
import type { Complete } from './readers.js';
import { unique, unknownService } from './scenario-rules.js';
import { teamsShape } from './scenario-shape.js';
import { sameName } from './team-rules.js';
import { readYaml } from './yaml-source.js';
import type { Report } from './yaml-source.js';

export interface TeamEntry extends TeamInfo {
  /** Base URL by service id, without a trailing slash because a check's path is appended. Services may be missing. */
  endpoints: Record<string, string>;
}

/** The game's existing teams and the addresses of their services. */
export type ExistingTeams = readonly (Pick<TeamInfo, 'id' | 'name'> & { endpoints?: readonly string[] })[];

export interface TeamsFileOptions {
  /** Whether several teams may share an address: only if services need not prove their owner. Default false. */
  mayShare?: boolean;
}

/**
 * A teams file (YAML 1.2 or JSON): `teams: [{id?, name, color?, ranked?, endpoints?: {router: "http://…"}}]`.
 * The id defaults to the slug of the name, the colour to a unique hue, `ranked` to true.
 * @param serviceIds service ids of the scenario.
 * @param taken existing teams, whose ids, names and addresses must not be reused.
 * @throws TeamsFileError (`invalid_teams_file`) with every mistake in the file.
 */
export function parseTeamsFile(
  text: string,
  fileName: string,
  serviceIds: readonly string[],
  taken: ExistingTeams = [],
  options: TeamsFileOptions = {},
): TeamEntry[] {
  const source = readYaml(text);
  if (source.root === null || source.root === undefined) {
    if (source.problems().length === 0)
      source.report([], 'the file is empty; write teams: [{name: …, endpoints: {…}}]');
  } else {
    const draft = teamsShape(source.root, [], source.report);
    const teams = draft?.teams ?? [];
    const ids = teams.map(
      (team, index) =>
        team?.id ??
        (team?.name === undefined ? undefined : slugify(team.name, `team-${taken.length + index + 1}`)),
    );
    unique(
      ids,
      (index) => ['teams', index, teams[index]?.id === undefined ? 'name' : 'id'],
      'team',
      source.report,
    );
    refuseDuplicates(draft?.teams ?? [], ids, taken, source.report);
    const entries = teams.map((team, index) => {
      const endpoints: Record<string, string> = {};
      for (const [service, url] of Object.entries(team?.endpoints ?? {})) {
        const path: Path = ['teams', index, 'endpoints', service];
        unknownService(service, serviceIds, path, source.report);
        if (url !== undefined) endpoints[service] = readEndpoint(url, path, source.report);
      }
      const color =
        team?.color ?? (taken.length === 0 ? hue(index, teams.length) : nextHue(taken.length + index));
      return { id: ids[index], name: team?.name, color, ranked: team?.ranked, endpoints };
    });
    if (options.mayShare !== true && source.problems().length === 0)
      refuseSharing(entries as Complete<typeof entries>, taken, source.report);
    if (source.problems().length === 0) return entries as Complete<typeof entries>;
  }
  throw new TeamsFileError(fileName, source.problems());
}

/** `oklch(0.78 0.15 hue)` with the hues spread over the teams. */
function hue(index: number, count: number): string {
  return `oklch(0.78 0.15 ${Math.round((index * 360) / count)})`;
}

/** A hue for the nth team when the number of teams is unknown: multiples of the golden angle stay apart. */
function nextHue(nth: number): string {
  return `oklch(0.78 0.15 ${Math.round(nth * 137.508) % 360})`;
}

function refuseDuplicates(
  teams: readonly ({ id?: string; name?: string } | undefined)[],
  ids: readonly (string | undefined)[],
  taken: ExistingTeams,
  report: Report,
): void {
  const takenIds = new Set(taken.map(({ id }) => id));
  const takenNames = new Set(taken.map(({ name }) => sameName(name)));
  const names = new Set<string>();
  teams.forEach((team, index) => {
    const [id, name] = [ids[index], team?.name];
    if (id !== undefined && takenIds.has(id))
      report(
        ['teams', index, team?.id === undefined ? 'name' : 'id'],
        `the game has a team with the id ${id} already; give this one another id`,
      );
    if (name === undefined) return;
    const key = sameName(name);
    const path: Path = ['teams', index, 'name'];
    if (takenNames.has(key)) report(path, `the game has a team called ${showValue(name)} already`);
    // Names that differ only in what a slug drops were already reported as duplicate ids.
    else if (names.has(key) && ids.indexOf(id) === index)
      report(path, `another team is called ${showValue(name)}; people could not tell them apart`);
    names.add(key);
  });
}

interface Use {
  path: Path;
  teamId: string;
  service: string;
}

/** An address belongs to one team, which may run several services there. Every line that names a shared address is reported. */
function refuseSharing(teams: readonly TeamEntry[], taken: ExistingTeams, report: Report): void {
  const theirs = new Set(
    taken.flatMap(({ endpoints = [] }) => endpoints.map((url) => endpointAddress(url).place)),
  );
  const byPlace = new Map<string, Use[]>();
  teams.forEach(({ id: teamId, endpoints }, index) => {
    for (const [service, url] of Object.entries(endpoints)) {
      const use = { path: ['teams', index, 'endpoints', service], teamId, service };
      const { place } = endpointAddress(url);
      if (theirs.has(place))
        report(use.path, `another team of the game has a service at this address; ${OWN_SERVICES}`);
      const uses = byPlace.get(place);
      if (uses === undefined) byPlace.set(place, [use]);
      else uses.push(use);
    }
  });
  for (const uses of byPlace.values()) {
    // If two teams share it, each of them has the other as `other`.
    const first = uses[0]!;
    const second = uses.find(({ teamId }) => teamId !== first.teamId);
    if (second === undefined) continue;
    for (const { path, teamId } of uses) {
      const other = teamId === first.teamId ? second : first;
      report(
        path,
        `the team ${other.teamId} has its ${other.service} at this address as well; ${OWN_SERVICES}`,
      );
    }
  }
}

const OWN_SERVICES = 'each team runs its own services, unless the scenario says probing.proof: off';

function readEndpoint(text: string, path: Path, report: Report): string {
  const read = readEndpointUrl(text);
  if ('url' in read) return read.url;
  report(path, read.problem);
  return text;
}

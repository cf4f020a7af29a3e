import type {
  AwsFisPlace,
  ChaosPlaces,
  KubernetesPlace,
  PerService,
  ToxiproxyPlace,
  WebhookPlace,
} from '#contracts';
import { ID_PATTERN, suggest } from '#kernel';
import { ChaosTargetsError, type Path } from './file-error.js';
import { showValue } from './plain-text.js';
import { PlatformUrl, type UrlParts } from './platform-url.js';
import { list, object, optional, record, required, text, type Reader } from './readers.js';
import { readYaml, type Report } from './yaml-source.js';

/** The ways to reach one service, as drivers know them. */
export interface Ways {
  toxiproxy?: ToxiproxyPlace;
  webhook?: WebhookPlace;
  kubernetes?: KubernetesPlace;
  awsFis?: AwsFisPlace;
}

/** A chaos targets file, with `{team}` and `{service}` not yet replaced. */
export interface ChaosTargets {
  /** Prober agents that run load spikes; the token is given by the name of its environment variable. */
  probers: { url: string; tokenEnv: string }[];
  /** Used by every team without settings of its own. */
  default: Ways;
  teams: Record<string, { default: Ways; services: Record<string, Ways> }>;
}

/** What a file is checked against, if known. */
export interface KnownInGame {
  teamIds?: readonly string[];
  serviceIds?: readonly string[];
}

/** The most specific setting wins: the team's service, then the team, then the file. */
export function placesOfTeam(targets: ChaosTargets, teamId: string): ChaosPlaces {
  const team = Object.hasOwn(targets.teams, teamId) ? targets.teams[teamId] : undefined;
  const places = <K extends keyof Ways>(way: K): PerService<NonNullable<Ways[K]>> => {
    const fallback = team?.default[way] ?? targets.default[way];
    const services = Object.entries(team?.services ?? {}).flatMap(([serviceId, ways]) =>
      ways[way] === undefined ? [] : [[serviceId, ways[way]] as const],
    );
    return {
      ...(fallback === undefined ? {} : { default: fallback }),
      ...(services.length === 0 ? {} : { services: Object.fromEntries(services) }),
    } as PerService<NonNullable<Ways[K]>>;
  };
  return {
    toxiproxy: places('toxiproxy'),
    webhook: places('webhook'),
    kubernetes: places('kubernetes'),
    awsFis: places('awsFis'),
  };
}

/** Names of all environment variables that hold a file's secrets, sorted. */
export function secretsOf(targets: ChaosTargets): string[] {
  const ways = [
    targets.default,
    ...Object.values(targets.teams).flatMap((team) => [team.default, ...Object.values(team.services)]),
  ];
  const names = [
    ...ways.flatMap(({ webhook }) => (webhook === undefined ? [] : [webhook.secretEnv])),
    ...targets.probers.map(({ tokenEnv }) => tokenEnv),
  ];
  return [...new Set(names)].sort();
}

/**
 * Parses a chaos targets file (YAML 1.2 or JSON): how drivers reach the services of teams outside the sandbox
 * (docs/faults.md shows one). It names secrets and never contains them.
 * @throws ChaosTargetsError (`invalid_chaos_targets`) with every mistake in the file.
 */
export function parseChaosTargets(text: string, fileName: string, known: KnownInGame = {}): ChaosTargets {
  const source = readYaml(text);
  if (source.root === null || source.root === undefined) {
    if (source.problems().length === 0)
      source.report([], 'the file is empty; write default: {…} or teams: {team-id: {…}}');
  } else {
    const draft = fileShape(source.root, [], source.report);
    for (const [teamId, team] of Object.entries(draft?.teams ?? {})) {
      refuseUnknown(teamId, known.teamIds, ['teams', teamId], 'team', source.report);
      for (const serviceId of Object.keys(team?.services ?? {}))
        refuseUnknown(
          serviceId,
          known.serviceIds,
          ['teams', teamId, 'services', serviceId],
          'service',
          source.report,
        );
    }
    if (source.problems().length === 0) {
      const teams = Object.entries(draft?.teams ?? {}).map(([teamId, team]) => [
        teamId,
        { default: team?.default ?? {}, services: team?.services ?? {} },
      ]);
      return {
        probers: draft?.probers ?? [],
        default: draft?.default ?? {},
        teams: Object.fromEntries(teams),
      } as ChaosTargets;
    }
  }
  throw new ChaosTargetsError(fileName, source.problems());
}

function refuseUnknown(
  id: string,
  ids: readonly string[] | undefined,
  path: Path,
  what: string,
  report: Report,
): void {
  if (ids === undefined || ids.includes(id)) return;
  const meant = suggest(id, ids);
  report(path, `the game has no such ${what}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`, ids);
}

/** Text that may contain `{team}` and `{service}` and must match `form` once they are replaced. */
function filled(form: RegExp, says: string): Reader<string> {
  return (value, path, report) => {
    const given = text(1, 200)(value, path, report);
    if (given === undefined) return undefined;
    const [unknown] = given.match(/\{(?!team\}|service\})[^}]*\}?/) ?? [];
    if (unknown !== undefined) report(path, `${showValue(unknown)} is not replaced`, ['{team}', '{service}']);
    else if (form.test(given.replaceAll(/\{(team|service)\}/g, 'x'))) return given;
    else report(path, `${showValue(given)} is not ${says}`);
    return undefined;
  };
}

const httpUrl: Reader<string> = (value, path, report) => {
  const given = filled(/^https?:\/\/[^/\\\s]/i, 'an http(s) URL; write http://host:port')(
    value,
    path,
    report,
  );
  if (given === undefined) return undefined;
  let url: UrlParts;
  try {
    url = new PlatformUrl(given.replaceAll(/\{(team|service)\}/g, 'x'));
  } catch {
    report(path, `${showValue(given)} is not a URL; write http://host:port`);
    return undefined;
  }
  if (url.username !== '' || url.password !== '')
    report(path, 'must not hold a user name or password: secrets are named by environment variables');
  else if (url.hash !== '') report(path, 'must not have a fragment (#…)');
  else return given;
  return undefined;
};

const envName: Reader<string> = (value, path, report) => {
  if (typeof value === 'string' && /^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(value)) return value;
  report(path, 'must be the name of an environment variable that holds the secret, such as FENRIR_SECRET');
  return undefined;
};

const hostAndPort = filled(/^(?:[a-z0-9.-]+|\[[0-9a-f:]+\]):\d{1,5}$/i, 'a host:port');
const name = filled(/^[\w.:-]{1,100}$/, 'a name of letters, digits, dots, colons, hyphens and underscores');
const label = filled(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'a name that Kubernetes allows');

const toxiproxyShape = object({
  url: required(httpUrl),
  proxy: required(name),
  listen: optional(hostAndPort),
  upstream: optional(hostAndPort),
});
const toxiproxy: typeof toxiproxyShape = (value, path, report) => {
  const place = toxiproxyShape(value, path, report);
  if (place !== undefined && (place.listen === undefined) !== (place.upstream === undefined))
    report(path, 'listen and upstream go together: a proxy that was lost is made from both');
  return place;
};
const webhook = object({ url: required(httpUrl), secretEnv: required(envName) });
const kubernetesShape = object({
  kubeconfig: optional(text(1, 500)),
  context: optional(text(1, 200)),
  namespace: required(label),
  selector: required(record(filled(/^[\w.-]{1,63}$/, 'a label value'), 20, labelProblem)),
});
const kubernetes: typeof kubernetesShape = (value, path, report) => {
  const place = kubernetesShape(value, path, report);
  if (place?.selector !== undefined && Object.keys(place.selector).length === 0)
    report([...path, 'selector'], 'must name at least one label: without one every pod would be struck');
  return place;
};
const awsFis = object({
  region: required(filled(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'a region of AWS, such as eu-central-1')),
  templates: required(
    record(
      filled(/^EXT[A-Za-z0-9]+$/, 'the id of an experiment template, such as EXT1a2b3c4d5e6f7'),
      100,
      templateProblem,
    ),
  ),
  endpoint: optional(httpUrl),
});

const ways = object({
  toxiproxy: optional(toxiproxy),
  webhook: optional(webhook),
  kubernetes: optional(kubernetes),
  awsFis: optional(awsFis),
});
const MAX_TEAMS = 10_000;
const fileShape = object({
  probers: optional(list(object({ url: required(httpUrl), tokenEnv: required(envName) }), 1, 100)),
  default: optional(ways),
  teams: optional(
    record(
      object({ default: optional(ways), services: optional(record(ways, 100, idProblem)) }),
      MAX_TEAMS,
      idProblem,
    ),
  ),
});

function idProblem(key: string): string | undefined {
  return ID_PATTERN.test(key) ? undefined : 'is not an id: lower-case letters, digits and inner hyphens';
}

function labelProblem(key: string): string | undefined {
  return /^(?:[a-z0-9.-]+\/)?[A-Za-z0-9][\w.-]{0,62}$/.test(key) ? undefined : 'is not the name of a label';
}

function templateProblem(key: string): string | undefined {
  return /^[a-z0-9][a-z0-9-]{0,63}$/.test(key)
    ? undefined
    : 'is not a name of lower-case letters, digits and hyphens';
}

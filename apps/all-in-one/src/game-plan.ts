import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'yaml';
import type { Scenario, TeamInfo } from '#contracts';
import { PaydayError, messageOf } from '#kernel';
import type { Endpoint } from '#persistence';
import { compressScenario, parseScenario, parseTeamsFile, proofPolicy } from '#scenario';
import { ChaosTargetsFile } from '../../chaos-orchestrator/src/index.js';
import { botRoster } from '../../unicorn-rentals/src/index.js';
import { FAULT_RULES } from './fault-kinds.js';
import type { LaunchOptions } from './launch-options.js';

/** A game to be played: the scenario as it will run, and who plays it. */
export interface GamePlan {
  scenario: Scenario;
  /** The scenario as it is written, and its id: what the API takes, together with the speed. */
  scenarioFile: object;
  teams: TeamInfo[];
  /** Endpoints that are known before the start: those of a teams file. */
  endpoints: Endpoint[];
  /** Teams that run in sandboxes, with the skill of their bots. */
  bots: { teamId: string; skill: number }[];
}

/** @throws PaydayError `invalid_scenario`, `invalid_teams_file`, `unreadable_file` */
export function planGame(
  options: Pick<LaunchOptions, 'scenario' | 'teams' | 'teamsFile' | 'speed'>,
): GamePlan {
  const text = readText(options.scenario);
  const written = parseScenario(text, basename(options.scenario), FAULT_RULES);
  const scenario = options.speed === 1 ? written : compressScenario(written, options.speed);
  // The id of a file that has none comes from the file's name, which the API does not see.
  const scenarioFile = { ...(parse(text, { schema: 'core' }) as object), id: scenario.id };
  if (options.teamsFile === null)
    return { scenario, scenarioFile, endpoints: [], ...botTeams(options.teams, scenario.seed) };
  const services = scenario.services.map((service) => service.id);
  const mayShare = proofPolicy(scenario) === 'off';
  const entries = parseTeamsFile(readText(options.teamsFile), basename(options.teamsFile), services, [], {
    mayShare,
  });
  return {
    scenario,
    scenarioFile,
    teams: entries.map(({ id, name, color, ranked }) => ({ id, name, color, ranked })),
    endpoints: entries.flatMap(({ id, endpoints }) =>
      Object.entries(endpoints).map(([serviceId, url]) => ({ teamId: id, serviceId, url })),
    ),
    bots: [],
  };
}

/** A team's URLs by service. */
export function endpointsOf(id: string, endpoints: readonly Endpoint[]): Record<string, string> {
  const own = endpoints.filter(({ teamId }) => teamId === id);
  return Object.fromEntries(own.map(({ serviceId, url }) => [serviceId, url]));
}

/** @param plan null where the teams are not known yet @throws PaydayError as `ChaosTargetsFile.read` */
export function readChaosTargets(
  { chaosTargets }: Pick<LaunchOptions, 'chaosTargets'>,
  plan: GamePlan | null,
): ChaosTargetsFile | null {
  if (chaosTargets === null) return null;
  return ChaosTargetsFile.read(chaosTargets, process.env, {
    teamIds: plan?.teams.map(({ id }) => id),
    serviceIds: plan?.scenario.services.map(({ id }) => id),
  });
}

/** The same count and seed give the same bots, so that a resumed game gets its own back. */
export function botTeams(count: number, seed: string): Pick<GamePlan, 'teams' | 'bots'> {
  const roster = botRoster(count, seed);
  return {
    teams: roster.map(({ id, name }, index) => ({ id, name, color: teamColor(index, count), ranked: true })),
    bots: roster.map(({ id, skill }) => ({ teamId: id, skill })),
  };
}

/** Hues spread over the teams with equal lightness and chroma, so that no team stands out by its colour. */
function teamColor(index: number, count: number): string {
  return `oklch(0.78 0.15 ${Math.round((index * 360) / count + 10) % 360})`;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const why = WHY_UNREADABLE[(cause as NodeJS.ErrnoException).code ?? ''] ?? messageOf(cause);
    throw new PaydayError('unreadable_file', `cannot read ${path}: ${why}`, { cause });
  }
}

const WHY_UNREADABLE: Record<string, string> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'you may not read it',
};

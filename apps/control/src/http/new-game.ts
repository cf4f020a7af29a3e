import type { Scenario } from '#contracts';
import { NewGameBody } from '#contracts/api';
import { PaydayError, messageOf } from '#kernel';
import { compressScenario, parseScenario, proofPolicy, type RuleOptions } from '#scenario';
import type { NewGame } from '../game-service.js';
import { readTeams } from '../teams/read-teams.js';
import { bodyText, jsonText, readingFile } from './files.js';
import { parseBody } from './parse.js';

const YAML = /^(application|text)\/(x-)?yaml\b/i;

/** @throws PaydayError `bad_request`, `invalid_scenario`, `invalid_teams_file` */
export function readNewGame(
  body: unknown,
  contentType: string | undefined,
  faultRules: RuleOptions | undefined,
  speed = 1,
): NewGame {
  const given = YAML.test(contentType ?? '')
    ? { scenario: bodyText(body, 'invalid_scenario') }
    : parseBody(NewGameBody, body);
  const isText = typeof given.scenario === 'string';
  const text = isText ? (given.scenario as string) : jsonText(given.scenario, 'invalid_scenario');
  const written = readingFile(
    () => parseScenario(text, 'scenario', faultRules),
    // The caller of JSON within JSON sent no lines.
    ({ line, column, ...entry }) => (isText ? { ...entry, line, column } : entry),
  );
  const scenario = speed === 1 ? written : atSpeed(written, speed);
  const services = scenario.services.map((service) => service.id);
  const { teams, endpoints } =
    given.teams === undefined || given.teams.length === 0
      ? { teams: [], endpoints: [] }
      : readTeams({ teams: given.teams }, services, [], { mayShare: proofPolicy(scenario) === 'off' });
  return { ...(given.id === undefined ? {} : { id: given.id }), scenario, teams, endpoints };
}

/** @throws PaydayError `bad_request` as `compressScenario` refuses */
function atSpeed(scenario: Scenario, speed: number): Scenario {
  try {
    return compressScenario(scenario, speed);
  } catch (cause) {
    throw new PaydayError('bad_request', `speed: ${messageOf(cause)}`, { cause });
  }
}

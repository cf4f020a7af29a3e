import { parseArgs } from 'node:util';
import { ID_PATTERN, messageOf, PaydayError } from '#kernel';
import { DEMO_SERVICES } from '../demo-services.js';
import { TEAM_PROOF_RULE, teamProofFrom } from '../http/team-proof.js';
import type { TeamOptions, TeamSkills } from './start-team.js';

const SKILLS = [...DEMO_SERVICES, 'engineer'] as const;
const PORTS = [...DEMO_SERVICES, 'agent'] as const;

export const TEAM_USAGE =
  'usage: PAYDAY_AGENT_TOKEN=TEXT [PAYDAY_TEAM_PROOF=TEXT] node team.js --team ID --seed TEXT --skill 0..1|JSON [--speed N] ' +
  '[--ports router=PORT,catalog=PORT,pricing=PORT,booking=PORT,agent=PORT]';

/**
 * A team process's arguments and environment.
 * @throws PaydayError `usage` with one line that says what is wrong and what is allowed.
 */
export function teamOptionsFrom(args: readonly string[], env: NodeJS.ProcessEnv): TeamOptions {
  const values = parse(args);
  const teamId = values.team ?? '';
  if (!ID_PATTERN.test(teamId))
    throw usage(`--team must be an id of lower-case letters, digits and inner hyphens; ${got(values.team)}`);
  if (values.seed === undefined) throw usage('--seed is missing');
  const speed = Number(values.speed ?? '1');
  if (!(speed >= 0.1 && speed <= 1000))
    throw usage(`--speed must be a number from 0.1 to 1000; ${got(values.speed)}`);
  const token = env['PAYDAY_AGENT_TOKEN'] ?? '';
  if (token === '') throw usage('the environment variable PAYDAY_AGENT_TOKEN is not set');
  const teamProof = teamProofFrom(env);
  if (teamProof === null) throw usage(`the environment variable ${TEAM_PROOF_RULE}`);
  return {
    teamId,
    seed: values.seed,
    skills: skills(values.skill),
    speed,
    ports: ports(values.ports),
    token,
    teamProof,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { team: text, seed: text, skill: text, speed: text, ports: text },
    }).values;
  } catch (error) {
    throw usage(messageOf(error).split('\n')[0] ?? '');
  }
}

/** `0.7` for everything, or JSON: `{"router":0.7,"catalog":0.5,"pricing":0.6,"booking":0.8,"engineer":0.4}`. */
function skills(text: string | undefined): TeamSkills {
  let given: unknown;
  try {
    given = JSON.parse(text ?? '');
  } catch {
    given = undefined;
  }
  if (typeof given === 'number') given = Object.fromEntries(SKILLS.map((name) => [name, given]));
  if (typeof given === 'object' && given !== null) {
    const entries = Object.entries(given);
    const known = entries.every(([name]) => (SKILLS as readonly string[]).includes(name));
    const inRange = entries.every(([, value]) => typeof value === 'number' && value >= 0 && value <= 1);
    if (known && inRange && entries.length === SKILLS.length) return given as TeamSkills;
  }
  throw usage(
    `--skill must be a number from 0 to 1, or JSON with one for each of ${SKILLS.join(', ')}; ${got(text)}`,
  );
}

function ports(text: string | undefined): TeamOptions['ports'] {
  const result: TeamOptions['ports'] = {};
  for (const part of text ? text.split(',') : []) {
    const [, name = '', digits = ''] = /^([a-z]+)=(\d{1,5})$/.exec(part) ?? [];
    const port = Number(digits);
    if (!isPortName(name) || result[name] !== undefined || port > 65_535)
      throw usage(`--ports takes NAME=PORT once for each of ${PORTS.join(', ')}, by commas; ${got(part)}`);
    result[name] = port;
  }
  return result;
}

function isPortName(name: string): name is (typeof PORTS)[number] {
  return (PORTS as readonly string[]).includes(name);
}

function got(text: string | undefined): string {
  return text === undefined ? 'it is missing' : `got "${text.slice(0, 80)}"`;
}

function usage(message: string): PaydayError {
  return new PaydayError('usage', message);
}

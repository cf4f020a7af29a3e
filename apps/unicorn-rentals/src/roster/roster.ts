import { PaydayError, randomStream } from '#kernel';
import { TEAM_NAMES } from './names.js';

export interface BotTeam {
  id: string;
  name: string;
  /** 0 to 1; what `team.js --skill` takes. */
  skill: number;
}

const MOST_TEAMS = 200;
const BEST_SKILL = 0.9;
const WORST_SKILL = 0.25;

/**
 * Bot teams for a game: the first `count` names, each with a skill drawn by `seed`. Skills lie closer together at the top,
 * where the race is, than at the bottom. Beyond the list, names repeat with a numeral: "Blast Radius 2".
 * @throws PaydayError `invalid_team_count` unless `count` is a whole number from 1 to 200.
 */
export function botRoster(count: number, seed: string): BotTeam[] {
  if (!Number.isInteger(count) || count < 1 || count > MOST_TEAMS)
    throw new PaydayError(
      'invalid_team_count',
      `a game has 1 to ${MOST_TEAMS} bot teams; got ${String(count)}`,
    );
  const skills = Array.from({ length: count }, (_, place) => skillOfPlace(place, count));
  const shuffled = randomStream(seed, 'roster').shuffle(skills);
  return shuffled.map((skill, i) => ({ ...nameOf(i), skill }));
}

/** Place 0 is the best. The gaps grow with the square of the place. */
function skillOfPlace(place: number, count: number): number {
  const depth = count === 1 ? 0 : place / (count - 1);
  const skill = BEST_SKILL - (BEST_SKILL - WORST_SKILL) * depth ** 2;
  return Math.round(skill * 1000) / 1000;
}

function nameOf(index: number): { id: string; name: string } {
  const { id, name } = TEAM_NAMES[index % TEAM_NAMES.length]!;
  const round = Math.floor(index / TEAM_NAMES.length) + 1;
  return round === 1 ? { id, name } : { id: `${id}-${round}`, name: `${name} ${round}` };
}

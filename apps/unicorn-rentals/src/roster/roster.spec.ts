import { ID_PATTERN } from '#kernel';
import { botRoster, DEMO_SERVICES, TEAM_NAMES } from '../index.js';

describe('the roster', () => {
  it('has at least 48 names, each once, short enough for a scoreboard', () => {
    expect(TEAM_NAMES.length).toBeGreaterThanOrEqual(48);
    expect(new Set(TEAM_NAMES.map(({ id }) => id)).size).toBe(TEAM_NAMES.length);
    expect(new Set(TEAM_NAMES.map(({ name }) => name)).size).toBe(TEAM_NAMES.length);
    for (const { name } of TEAM_NAMES) expect([...name].length).toBeLessThanOrEqual(24);
    expect(DEMO_SERVICES).toEqual(['router', 'catalog', 'pricing', 'booking']);
  });

  it.each([1, 2, 8, 42, 200])('makes %i teams with ids, names and skills of their own', (count) => {
    const teams = botRoster(count, 'seed');
    expect(new Set(teams.map(({ id }) => id)).size).toBe(count);
    expect(new Set(teams.map(({ name }) => name)).size).toBe(count);
    for (const { id, name, skill } of teams) {
      expect(id).toMatch(ID_PATTERN);
      expect([...name].length).toBeLessThanOrEqual(40);
      expect(skill).toBeGreaterThanOrEqual(0.25);
      expect(skill).toBeLessThanOrEqual(0.9);
    }
    expect(botRoster(count, 'seed')).toEqual(teams);
  });

  it('is close at the top and deals the skills anew with another seed', () => {
    const skills = (seed: string) => botRoster(8, seed).map(({ skill }) => skill);
    const sorted = skills('a').sort((x, y) => y - x);
    expect(sorted[0]! - sorted[2]!).toBeLessThan(0.06);
    expect(sorted[0]! - sorted[7]!).toBeGreaterThan(0.5);
    expect(skills('a')).not.toEqual(skills('b'));
  });

  it.each([0, 201, 1.5, NaN])('refuses %p teams', (count) => {
    expect(() => botRoster(count, 's')).toThrow('1 to 200');
  });
});

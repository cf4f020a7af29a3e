import { teamOptionsFrom } from './team-args.js';

const ENV = { PAYDAY_AGENT_TOKEN: 'token' };
const GOOD = { team: 'five-nines', seed: 'abc', skill: '0.7' };
const args = (options: Record<string, string | undefined>): string[] =>
  Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));

describe('the arguments of a team process', () => {
  it('are read', () => {
    const options = teamOptionsFrom(args({ ...GOOD, speed: '10', ports: 'router=8081,agent=0' }), ENV);
    expect(options).toEqual({
      teamId: 'five-nines',
      seed: 'abc',
      skills: { router: 0.7, catalog: 0.7, pricing: 0.7, booking: 0.7, engineer: 0.7 },
      speed: 10,
      ports: { router: 8081, agent: 0 },
      token: 'token',
    });
  });

  it.each(['pt_mine', '', undefined])('take the proof %p from the environment', (proof) => {
    const { teamProof } = teamOptionsFrom(args(GOOD), { ...ENV, PAYDAY_TEAM_PROOF: proof });
    expect(teamProof).toBe(proof || undefined);
  });

  it.each(['two words', 'a\nb', 'x'.repeat(201), 'é'])('refuse the proof %p', (proof) => {
    expect(() => teamOptionsFrom(args(GOOD), { ...ENV, PAYDAY_TEAM_PROOF: proof })).toThrow(
      'PAYDAY_TEAM_PROOF must be 1 to 200 visible ASCII characters',
    );
  });

  it('take a skill for each service as JSON', () => {
    const skill = { router: 0.1, catalog: 0.2, pricing: 0.3, booking: 0.4, engineer: 1 };
    expect(teamOptionsFrom(args({ ...GOOD, skill: JSON.stringify(skill) }), ENV).skills).toEqual(skill);
  });

  it.each([
    [{ team: undefined }, '--team'],
    [{ team: 'Five Nines' }, '--team'],
    [{ seed: undefined }, '--seed'],
    [{ skill: undefined }, '--skill'],
    [{ skill: '1.5' }, '--skill'],
    [{ skill: '{"router":0.5}' }, '--skill'],
    [{ speed: '0' }, '--speed'],
    [{ speed: 'fast' }, '--speed'],
    [{ ports: 'router' }, '--ports'],
    [{ ports: 'billing=80' }, '--ports'],
    [{ ports: 'router=1,router=2' }, '--ports'],
    [{ ports: 'router=65536' }, '--ports'],
    [{ colour: 'red' }, '--colour'],
  ])('are refused in one line: %j', (change, named) => {
    const refused = () => teamOptionsFrom(args({ ...GOOD, ...change }), ENV);
    expect(refused).toThrow(named);
    expect(refused).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.not.stringContaining('\n') }),
    );
  });

  it('need a token', () => {
    expect(() => teamOptionsFrom(args(GOOD), {})).toThrow('PAYDAY_AGENT_TOKEN');
  });
});

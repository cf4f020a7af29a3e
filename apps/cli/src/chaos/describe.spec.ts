import type { ChaosPreview } from '#client';
import { describePreview } from './describe.js';

const team = (teamId: string, struck: boolean): ChaosPreview['teams'][number] => ({
  ...{
    teamId,
    name: teamId,
    struck,
    ranked: true,
    reachable: true,
    endpoint: null,
    inPlay: true,
    byKind: {},
    spared: struck ? null : 'other teams were dealt less',
    activeFaults: [],
  },
  ...{ count: 1, dealtMs: 6000, actedMs: 4000, dealtCents: 42_700, creditCents: 0 },
  ...{ expectedCostCents: struck ? 15_819 : 0, expectedGainCents: 0 },
  spikes: { count: 0, dealtMs: 0, gainCents: 0 },
});
const preview: ChaosPreview = {
  ...{
    previewId: 'p',
    gameId: 'g',
    madeAt: 0,
    expiresAt: 0,
    endsAt: 0,
    driver: 'sandbox',
    kind: 'crash',
    serviceId: 'catalog',
  },
  ...{ ttlMs: 30_000, label: 'Oh', scoring: 'count', teams: [team('ants', true), team('bees', false)] },
  blastRadius: { teams: 1, ofTeams: 2, endpoints: 1 },
  ...{ expectedCostCents: 15_819, expectedGainCents: 0, violations: [], confirmation: null },
  expectedBasis: 'every request fails; 45 requests in that time',
};

describe('a preview on the command line', () => {
  it('shows money: in all, what each team would pay, and what it was dealt', () => {
    const lines = describePreview(preview).split('\n');
    expect(lines[1]).toBe(
      'strikes 1 of 2 teams; costs about $158.19 in all (every request fails; 45 requests in that time)',
    );
    expect(lines[2]).toMatch(/^strikes +ants +costs about \$158\.19 +was dealt \$427\.00 by 1 fault, 4s/);
    expect(lines[3]).toMatch(/^spares +bees +was dealt \$427\.00 .* other teams were dealt less$/);
  });

  it('shows what a spike brings, which spikes a team had, and what a newcomer was credited', () => {
    const ants = { ...team('ants', true), expectedCostCents: 0, expectedGainCents: 9972, creditCents: 310 };
    const spiked = { ...ants, spikes: { count: 2, dealtMs: 1000, gainCents: 500 } };
    const text = describePreview({
      ...{ ...preview, expectedCostCents: 0, expectedGainCents: 9972, teams: [spiked] },
    });
    expect(text).toContain('brings about $99.72 in all');
    expect(text).toMatch(/came later: counts \$3\.10 more; 2 traffic spikes for \$5\.00/);
  });
});

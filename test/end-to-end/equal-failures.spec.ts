import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describeWith } from '../support/describe-with.js';
import { ROOT } from '../support/game-process.js';
import type { Played } from './equal-failures/play.js';

/**
 * Equal failures cost equal money, and equal services earn equal money: real processes, first undisturbed, then with a prober that is
 * stopped repeatedly. The game runs in a network namespace of its own, so that IPv6 leads nowhere and nothing leaves the machine.
 */
const seed = process.env['PAYDAY_SEED'] ?? String(Date.now() % 1_000_000);
const NAMESPACE = ['--net', '--', 'sh', '-c'];
const PLAY =
  'ip link set lo up && exec "$0" --conditions=source --import ./tools/typescript-hooks.mjs test/end-to-end/equal-failures/play.ts "$1"';

const FAILING = [
  ...['hangs', 'refuses', 'none', 'ipv6-literal'],
  ...['dns-servfail', 'dns-refused', 'dns-dead-zone', 'dns-nothing'],
];
const TWINS = [
  ['good-a', 'good-b', 'good-by-name'],
  ['slow-a', 'slow-b'],
];
const OUTCOMES_OF: Record<string, string[]> = {
  hangs: ['timeout'],
  refuses: ['connect_error'],
  none: ['no_endpoint'],
  'ipv6-literal': ['connect_error'],
  'dns-servfail': ['connect_error'],
  'dns-refused': ['connect_error'],
  // The first requests wait for the DNS lookup, which takes longer than their timeout.
  'dns-dead-zone': ['connect_error', 'timeout'],
  'dns-nothing': ['connect_error'],
};

function lacks(): string | undefined {
  const tried = spawnSync('unshare', [...NAMESPACE, 'ip link set lo up'], { encoding: 'utf8' });
  if (tried.status === 0) return undefined;
  return 'it needs a network namespace: Linux, root, util-linux (unshare) and iproute2 (ip)';
}

describeWith(`equal failures (seed ${seed})`, lacks(), () => {
  let quiet: Played;
  let stalled: Played;

  beforeAll(async () => {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const { stdout } = await promisify(execFile)('unshare', [...NAMESPACE, PLAY, process.execPath, seed], {
      cwd: ROOT,
      env,
      maxBuffer: 10_000_000,
    });
    [quiet, stalled] = JSON.parse(stdout) as [Played, Played];
  }, 240_000);

  it.each(FAILING)('%s fails in its own way only, and that costs', (team) => {
    for (const { outcomes, salaries } of [quiet, stalled]) {
      const { prober_error: _, ...judged } = outcomes[team]!;
      for (const outcome of Object.keys(judged)) expect(OUTCOMES_OF[team]).toContain(outcome);
      expect(salaries[team]).toBeLessThan(0);
    }
  });

  it.each([FAILING, ...TWINS])('%s and the rest of its kind have the same salary within 1 %%', (...teams) => {
    for (const { salaries, outcomes } of [quiet, stalled]) {
      const cents = teams.map((team) => salaries[team]!);
      const most = Math.max(...cents.map(Math.abs));
      const spread = Math.max(...cents) - Math.min(...cents);
      const context = Object.fromEntries(teams.map((team) => [team, [salaries[team], outcomes[team]]]));
      expect({ context, isEqual: spread <= most / 100 }).toEqual({ context, isEqual: true });
    }
  });

  it('sends twins the same requests, but for those that the prober could not send', () => {
    for (const { seen, outcomes } of [quiet, stalled]) {
      const [first, ...others] = TWINS[0]!;
      const missing = (team: string): number => outcomes[team]!['prober_error'] ?? 0;
      for (const other of others)
        for (const path of Object.keys(seen[first!]!)) {
          const apart = Math.abs(seen[first!]![path]! - seen[other]![path]!);
          expect(apart).toBeLessThanOrEqual(missing(first!) + missing(other));
        }
      expect(Object.keys(seen[first!]!).sort()).toEqual(['/1', '/2', '/3', '/4', '/5']);
    }
  });

  it('stopped the prober enough to be told', () => {
    expect(stalled.outcomes['hangs']!['prober_error']).toBeGreaterThan(10);
  });
});

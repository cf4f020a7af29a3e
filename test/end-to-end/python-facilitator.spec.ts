import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectChaos, type ChaosConnection } from '#client';
import { standings } from '../support/api.js';
import { describeWith } from '../support/describe-with.js';
import { GameFolder, GameProcess, ROOT, runCli } from '../support/game-process.js';
import { pythonLacks, runPython } from '../support/python.js';
import { eventually } from '../support/wait.js';

/** One game that a facilitator drives: from Python by the published document alone, and from the command line. */
const PACKAGES = "'python-socketio[client]' websocket-client jsonschema";
const EXAMPLE = join(ROOT, 'docs/examples/facilitator.py');
const TEAMS = 8;

const folder = new GameFolder();
const tokenFile = join(folder.data, 'facilitator.token');
let game: GameProcess;

beforeAll(async () => {
  const scenario = join(folder.path, 'calm.yaml');
  const quick = readFileSync(join(ROOT, 'scenarios/quick.yaml'), 'utf8');
  // A long game without faults of its own.
  const calm = quick.split(/^timeline:$/m)[0]!.replace('duration: 60s', 'duration: 20m');
  writeFileSync(scenario, `${calm}chaos: { cooldown: 0s }\n`);
  game = await GameProcess.start(folder, ['--scenario', scenario]);
  await eventually(
    async () => {
      const rows = (await standings(game.url)).standings.filter(({ salaryCents }) => salaryCents > 0);
      if (rows.length < TEAMS) throw new Error(`only ${rows.length} teams were paid\n${game.report()}`);
    },
    { withinMs: 60_000, everyMs: 200, unless: () => game.hasExited },
  );
}, 70_000);
afterAll(() => folder.remove(), 15_000);

const chaos = (...args: string[]) => runCli(['chaos', ...args, '--url', game.url, '--data', folder.data]);
const slow = (teams: string): string[] => [
  ...['inject', '--kind', 'slow', '--service', 'catalog', '--teams', teams],
  ...['--ttl', '60s', '--param', 'delayMs=300', '--label', 'By hand'],
];
interface Listed {
  faults: { id: string; injectionId: string; teamId: string; state: string }[];
  timelines: { held: boolean }[];
}
const listed = async (...args: string[]): Promise<Listed> =>
  JSON.parse((await chaos('list', '--json', ...args)).stdout) as Listed;

describeWith(
  'a facilitator in Python',
  pythonLacks(['socketio', 'websocket', 'jsonschema'], PACKAGES),
  () => {
    it('previews, injects, lists and stops a fault by the published document alone', async () => {
      const { code, stdout, stderr } = await runPython([EXAMPLE, game.url, tokenFile]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const lines = stdout.trim().split('\n');
      expect(lines).toEqual([
        expect.stringMatching(/^preview: would strike [a-z-]+ with sandbox$/),
        expect.stringMatching(/^injected: hand\.[0-9a-f-]{36}\/[a-z-]+, once for/),
        'listed: active',
        expect.stringMatching(/^stopped: hand\.[0-9a-f-]{36}\/[a-z-]+ verified gone$/),
        'listed: reverted',
      ]);
      const faultId = /^injected: (\S+),/.exec(lines[1]!)![1]!;
      expect((await listed()).faults).toContainEqual(
        expect.objectContaining({ id: faultId, state: 'reverted' }),
      );
    }, 40_000);

    it('is refused without a good token, and told why', async () => {
      const wrong = join(folder.path, 'wrong.token');
      writeFileSync(wrong, 'pd_nonsense\n');
      const { code, stdout, stderr } = await runPython([EXAMPLE, game.url, wrong]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('unknown, was revoked, or has expired');
    }, 30_000);
  },
);

describe('payday chaos', () => {
  it('strikes a team, which the list shows, and stops it', async () => {
    const injected = await chaos(...slow('1'));
    expect(injected).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^injection hand\.\S+\nfault \S+: slow on catalog active/),
      stderr: expect.stringContaining('strikes 1 of 8 teams'),
    });
    const { faults } = await listed('--unfinished');
    expect(faults).toEqual([expect.objectContaining({ state: 'active' })]);
    const stopped = await chaos('stop', faults[0]!.injectionId, '--reason', 'enough');
    expect(stopped).toEqual({ code: 0, stdout: '1 fault verified gone\n', stderr: '' });
    expect((await listed('--unfinished')).faults).toEqual([]);
  }, 30_000);

  it('carries a command out once, however often it is given', async () => {
    const once = [...slow('1'), '--command-id', 'the-same', '--json', '--no-wait'];
    const [first, second] = [await chaos(...once), await chaos(...once)];
    expect([first.stderr, second.stderr]).toEqual(['', '']);
    const answers = [first, second].map(({ stdout }) => JSON.parse(stdout) as { seq: number });
    expect(answers[1]!.seq).toBe(answers[0]!.seq);
    const { faults } = await listed();
    expect(faults.filter(({ injectionId }) => injectionId === 'hand.the-same')).toHaveLength(1);
  }, 30_000);

  it('asks for a confirmation of what strikes everybody; stop-all ends it, verified, and holds the timeline', async () => {
    const unconfirmed = await chaos(...slow('all'));
    expect(unconfirmed).toMatchObject({ code: 2, stdout: '' });
    expect(unconfirmed.stderr).toContain('--confirm "ALL 8 TEAMS"');
    const other = await chaos(...slow('all'), '--confirm', 'YES');
    expect(other).toMatchObject({ code: 2, stdout: '' });

    const watcher: ChaosConnection = await connectChaos({
      url: game.url,
      token: readFileSync(tokenFile, 'utf8').trim(),
    });
    const active = new Set<string>();
    watcher.on('fault:changed', ({ fault }) => fault.state === 'active' && active.add(fault.teamId));
    const confirmed = await chaos(...slow('all'), '--confirm', 'ALL 8 TEAMS', '--json');
    const answer = JSON.parse(confirmed.stdout) as { confirmed: boolean; faults: unknown[] };
    expect({ ...answer, code: confirmed.code }).toMatchObject({ code: 0, confirmed: true });
    expect(answer.faults).toHaveLength(TEAMS);
    expect(active.size).toBe(TEAMS);
    watcher.close();

    const stopped = await chaos('stop-all', '--json');
    const { verified, unverified } = JSON.parse(stopped.stdout) as Record<string, unknown[]>;
    expect({ code: stopped.code, unverified }).toEqual({ code: 0, unverified: [] });
    expect(verified!.length).toBeGreaterThanOrEqual(TEAMS);
    expect(await listed('--unfinished')).toMatchObject({ faults: [], timelines: [{ held: true }] });
    const resumed = await chaos('resume');
    expect(resumed).toMatchObject({ code: 0, stdout: expect.not.stringContaining('HELD') });
  }, 40_000);

  it.each([
    ['a wrong token', { PAYDAY_TOKEN: 'pd_nonsense' }, [], 1, /unknown, was revoked.*from PAYDAY_TOKEN/],
    ['no token', {}, ['--token-file', '/nowhere/token'], 2, /no token: cannot read \/nowhere\/token/],
    ['no address', {}, ['--url', 'nonsense'], 2, /--url takes the address/],
    ['nobody there', {}, ['--url', 'http://127.0.0.1:1'], 1, /Nobody answers at http:\/\/127\.0\.0\.1:1/],
  ] as const)('says what is wrong in one line: %s', async (_what, env, args, code, message) => {
    const given = ['chaos', 'list', '--url', game.url, '--data', folder.data, ...args];
    const answer = await runCli(given, env);
    expect({ code: answer.code, stdout: answer.stdout }).toEqual({ code, stdout: '' });
    expect(answer.stderr).toMatch(message);
    expect(answer.stderr.trim().split('\n')).toHaveLength(1);
  });
});

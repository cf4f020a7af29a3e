import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { ALL_GONE_WITHIN_MS, GameProcess, ROOT, freePort, type GameFolder } from '../support/game-process.js';
import { standings } from '../support/api.js';
import { useGameFolder } from '../support/use-game-folder.js';
import { eventually, sleep } from '../support/wait.js';

const QUICK = join(ROOT, 'scenarios/quick.yaml');
const folder = useGameFolder();

interface Refusal {
  code: number;
  /** Without the leading `payday: `. */
  message: string;
  stdout: string;
}

/** Runs the launcher until it refuses: its whole standard error is one message, and no process is left. */
async function refusalOf(args: readonly string[]): Promise<Refusal> {
  const game = GameProcess.run(folder(), args);
  const { code } = await game.exited;
  await folder().allGone();
  expect(game.stderr).toMatch(/^payday: .*\n$/s);
  expect(game.stderr).not.toMatch(/^\s+at /m);
  return { code: code!, message: game.stderr.slice('payday: '.length, -1), stdout: game.stdout };
}

async function expectUsageError(args: readonly string[], message: RegExp): Promise<void> {
  const refusal = await refusalOf(['--data', folder().data, ...args]);
  expect(refusal.code).toBe(2);
  expect(refusal.message).toMatch(message);
  expect(refusal.message.split('\n')).toHaveLength(1);
  expect(refusal.stdout).toBe('');
  expect(existsSync(folder().data)).toBe(false);
}

function write(name: string, text: string): string {
  const path = join(folder().path, name);
  writeFileSync(path, text);
  return path;
}

describe('the command line', () => {
  it('explains itself', async () => {
    const game = GameProcess.run(folder(), ['--help']);
    expect(await game.exited).toEqual({ code: 0, signal: null });
    for (const option of [
      'scenario',
      'teams',
      'teams-file',
      'allow',
      'port',
      'data',
      'resume',
      'speed',
      'exit-at-end',
    ])
      expect(game.stdout).toContain(`--${option}`);
    expect(game.stderr).toBe('');
  });

  it.each<[what: string, args: string[], message: RegExp]>([
    ['an unknown option', ['--prot', '3000'], /unknown option '--prot'/],
    ['an argument that is no option', ['quick.yaml'], /too many arguments/],
    ['an option without its value', ['--scenario'], /'--scenario <file>' argument missing/],
    ['a port that is no number', ['--port', 'http'], /--port takes a whole number from 1 to 65535/],
    ['no teams', ['--teams', '0'], /--teams takes a whole number from 1 to 200/],
    ['a standstill', ['--speed', '0'], /--speed takes a number from 0\.1 to 100/],
    ['a log level of its own', ['--log-level', 'chatty'], /trace, debug, info, warn, error, silent/],
    ['an empty address, which would be every address', ['--host', ''], /--host takes an address/],
    ['a range that is none', ['--allow', '10.0.0.0/33'], /--allow: "10\.0\.0\.0\/33" has a prefix/],
    ['an empty data folder', ['--data', ''], /--data takes the path of a folder/],
    ['teams twice', ['--teams', '3', '--teams-file', 'x'], /--teams does not go with --teams-file/],
    [
      'a scenario for a game that has one',
      ['--resume', '--scenario', QUICK],
      /--scenario does not go with --resume/,
    ],
    [
      'a scenario that is not there',
      ['--scenario', 'nowhere.yaml'],
      /cannot read .*nowhere\.yaml: there is no such file/,
    ],
    ['a scenario that is a folder', ['--scenario', 'scenarios'], /cannot read .*scenarios: it is a folder/],
    [
      'a teams file that is not there',
      ['--teams-file', 'nowhere.yaml'],
      /cannot read .*nowhere\.yaml: there is no such file/,
    ],
  ])('refuses %s in one line, with exit code 2', async (_what, args, message) => {
    await expectUsageError(args, message);
  });
});

describe('a file that is wrong', () => {
  it('is refused with line, key and what is allowed', async () => {
    const text = readFileSync(QUICK, 'utf8').replace('failureCents:', 'failureCent:');
    const line = text.split('\n').findIndex((each) => each.includes('failureCent:')) + 1;
    await expectUsageError(
      ['--scenario', write('typo.yaml', text)],
      new RegExp(`typo\\.yaml:${line}:3 pay\\.failureCent: unknown key.*; allowed: window, .*failureCents`),
    );
  });

  it('is refused for a negative rate', async () => {
    const text = readFileSync(QUICK, 'utf8').replace('{ router: 3,', '{ router: -3,');
    await expectUsageError(
      ['--scenario', write('negative.yaml', text)],
      /negative\.yaml:\d+:\d+ .*router.*got -3/,
    );
  });

  it('is refused for two teams with one id', async () => {
    const teams = 'teams:\n  - { name: Ants, id: ants }\n  - { name: Other Ants, id: ants }\n';
    await expectUsageError(
      ['--teams-file', write('teams.yaml', teams)],
      /teams\.yaml:3:\d+ teams\[1\]\.id: .*"?ants"?/,
    );
  });

  it('is refused for an endpoint that is not http or https', async () => {
    const teams = 'teams:\n  - name: Ants\n    endpoints: { router: "ftp://127.0.0.1/" }\n';
    await expectUsageError(
      ['--teams-file', write('teams.yaml', teams)],
      /teams\.yaml:3:\d+ teams\[0\]\.endpoints\.router: .*not http or https/,
    );
  });

  it('is refused for a service that the scenario does not have', async () => {
    const teams = 'teams:\n  - name: Ants\n    endpoints: { rooter: "http://127.0.0.1:1" }\n';
    await expectUsageError(
      ['--teams-file', write('teams.yaml', teams)],
      /rooter.*allowed: router, catalog, pricing, booking/,
    );
  });
});

describe('a game that can not be played here', () => {
  let taken: Server | undefined;
  afterEach(() => void taken?.close());

  it('names the port that is taken, with exit code 1', async () => {
    taken = createServer();
    const port = await new Promise<number>((resolve) =>
      taken!.listen(0, '127.0.0.1', () => resolve((taken!.address() as { port: number }).port)),
    );
    const { code, message } = await refusalOf(['--data', folder().data, '--port', String(port)]);
    expect(code).toBe(1);
    expect(message).toBe(`port ${port} on 127.0.0.1 is taken; choose another with --port`);
    expect(existsSync(folder().data)).toBe(false);
  });

  it('says first which endpoints of a teams file will not be called, and what to pass', async () => {
    taken = createServer();
    const port = await new Promise<number>((resolve) =>
      taken!.listen(0, '127.0.0.1', () => resolve((taken!.address() as { port: number }).port)),
    );
    const teams = write(
      'teams.yaml',
      'teams: [{ name: Ants, endpoints: { router: "http://127.0.0.1:1" } }]\n',
    );
    const args = ['--data', folder().data, '--port', String(port), '--teams-file', teams];
    expect((await refusalOf(args)).stdout).toMatch(
      /WARNING: .*will not call: ants\/router at http:\/\/127\.0\.0\.1:1; pass --allow 127\.0\.0\.0\/8 /,
    );
    expect((await refusalOf([...args, '--allow', '127.0.0.1:1'])).stdout).toBe('');
  });

  it('says that there is nothing to resume, with exit code 1, and makes no folder', async () => {
    const port = await freePort();
    const { code, message } = await refusalOf(['--data', folder().data, '--port', String(port), '--resume']);
    expect(code).toBe(1);
    expect(message).toMatch(/^there is no game to resume in .*; start one without --resume$/);
    expect(existsSync(folder().data)).toBe(false);
  });

  it('says that the data folder is a file, with exit code 1', async () => {
    const port = await freePort();
    const { code, message } = await refusalOf(['--data', QUICK, '--port', String(port)]);
    expect(code).toBe(1);
    expect(message).toMatch(/^cannot use the data folder .*quick\.yaml/);
  });
});

describe('Ctrl-C', () => {
  async function expectQuickEnd(game: GameProcess, within: GameFolder): Promise<void> {
    const pressedAt = performance.now();
    game.ctrlC();
    expect(await game.exited).toEqual({ code: 0, signal: null });
    await within.allGone(Math.max(0, ALL_GONE_WITHIN_MS - (performance.now() - pressedAt)));
    expect(performance.now() - pressedAt).toBeLessThan(ALL_GONE_WITHIN_MS);
    expect(game.stdout).toContain('stopping …');
    expect(game.complaints).toBe('');
  }

  // From the first moment to the last step of the boot.
  it.each([400, 1_200, 2_500])(
    'ends a boot that has lasted %i ms within five seconds, and the folder can be used again',
    async (ms) => {
      const game = await GameProcess.start(folder(), ['--scenario', QUICK]);
      await game.prints(/starting PostgreSQL/, 10_000);
      await sleep(ms);
      await expectQuickEnd(game, folder());
      const again = await GameProcess.start(folder(), ['--scenario', QUICK, '--teams', '1']);
      await again.prints(/Leaderboard/, 30_000);
      await expectQuickEnd(again, folder());
    },
    60_000,
  );

  it('ends a game within five seconds; meanwhile nobody else can use its folder, and afterwards it can be resumed', async () => {
    const game = await GameProcess.start(folder(), ['--scenario', QUICK]);
    await game.prints(/Leaderboard/, 30_000);
    await eventually(
      async () => {
        const view = await standings(game.url);
        if (view.standings.some((row) => row.salaryCents === 0)) throw new Error('no pay yet');
      },
      { withinMs: 15_000 },
    );

    const port = await freePort();
    const second = GameProcess.run(folder(), ['--data', folder().data, '--port', String(port), '--resume']);
    expect((await second.exited).code).toBe(1);
    expect(second.stderr).toMatch(
      new RegExp(`^payday: the data folder .* is in use by process ${game.pid}; .*--data\n$`),
    );

    await expectQuickEnd(game, folder());
    const resumed = await GameProcess.start(folder(), ['--resume']);
    await resumed.prints(/the game goes on: Unicorn\.Rentals/, 30_000);
    await expectQuickEnd(resumed, folder());
  }, 90_000);
});

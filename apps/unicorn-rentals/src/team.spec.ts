/** The programs as they ship: compiled, started as processes of their own, on loopback. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { transformFile } from '@swc/core';
import { call } from './http/client.js';
import { deadUrl } from './testing/serve.js';

const ROOT = process.cwd();
let home: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'unicorn-rentals-'));
  for (const folder of ['apps/unicorn-rentals/src', 'libs/kernel/src']) {
    for (const name of await readdir(join(ROOT, folder), { recursive: true })) {
      if (!name.endsWith('.ts') || /\.(spec|d)\.ts$|^testing\//.test(name)) continue;
      const source = join(ROOT, folder, name);
      const target = join(home, 'dist', relative(ROOT, source)).replace(/\.ts$/, '.js');
      const { code } = await transformFile(source, { configFile: join(ROOT, '.swcrc'), sourceMaps: false });
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, code);
    }
  }
  await cp(join(ROOT, 'package.json'), join(home, 'package.json'));
}, 60_000);
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rm(home, { recursive: true, force: true }));

const program = (name: string): string => join(home, 'dist/apps/unicorn-rentals/src', `${name}.js`);

function start(file: string, env: Record<string, string>, args: string[] = []) {
  const child = spawn(process.execPath, [file, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close').then(([code]) => ({ code, output }));
  const says = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const match = pattern.exec(output);
      if (match) return match[1] ?? match[0];
      await Promise.race([once(child.stdout, 'data'), ended.then(() => Promise.reject(new Error(output)))]);
    }
  };
  return { child, ended, says };
}

const TEAM = ['--team', 'five-nines', '--seed', 's', '--skill', '0.9', '--speed', '100'];

function forkTeam(more: Record<string, string> = {}): ChildProcess {
  const env = { ...process.env, PAYDAY_AGENT_TOKEN: 'token', NODE_OPTIONS: '', ...more };
  const child = fork(program('team'), TEAM, { env, execArgv: [] });
  children.push(child);
  return child;
}

describe('a team process', () => {
  it('reports its addresses, repairs what breaks, and dies with its launcher', async () => {
    const child = forkTeam();
    const [ready] = (await once(child, 'message')) as [
      { type: string; endpoints: Record<string, string>; agentUrl: string },
    ];
    expect(ready.type).toBe('ready');
    expect(Object.keys(ready.endpoints).sort()).toEqual(['booking', 'catalog', 'pricing', 'router']);

    const rental = `${ready.endpoints['router']}/rentals/sparkle?days=3`;
    expect((await call({ url: rental, timeoutMs: 5_000 })).json).toMatchObject({ totalCents: 38_700 });
    const fault = {
      url: `${ready.agentUrl}/faults/f`,
      headers: { authorization: 'Bearer token' },
      timeoutMs: 5_000,
    };
    const body = { kind: 'crash', serviceId: 'catalog', params: {}, ttlMs: 60_000 };
    expect((await call({ ...fault, method: 'PUT', body })).json).toEqual({ state: 'active' });
    expect((await call({ url: rental, timeoutMs: 5_000 })).status).toBe(502);
    const repaired = async (): Promise<boolean> =>
      ((await call(fault)).json as { state: string }).state === 'repaired';
    while (!(await repaired())) await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await call({ url: rental, timeoutMs: 5_000 })).status).toBe(200);

    const exited = once(child, 'exit');
    child.disconnect();
    expect(await exited).toEqual([0, null]);
  });

  it('shows whose it is in every answer of every service, good or bad, and keeps it from the agent’s', async () => {
    const child = forkTeam({ PAYDAY_TEAM_PROOF: 'pt_mine' });
    const [ready] = (await once(child, 'message')) as [
      { endpoints: Record<string, string>; agentUrl: string },
    ];
    const shown = async (url: string): Promise<string | null> =>
      (await fetch(url)).headers.get('payday-team');
    for (const origin of Object.values(ready.endpoints))
      for (const path of ['/healthz', '/nowhere', '/%', '/.well-known/payday-team'])
        expect([path, await shown(origin + path)]).toEqual([path, 'pt_mine']);
    expect(await shown(`${ready.agentUrl}/faults`)).toBeNull();
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it('shows the proof that its launcher sends later', async () => {
    const child = forkTeam();
    const [ready] = (await once(child, 'message')) as [{ endpoints: Record<string, string> }];
    const shown = async (): Promise<(string | null)[]> =>
      Promise.all(
        Object.values(ready.endpoints).map(async (url) => (await fetch(url)).headers.get('payday-team')),
      );
    expect(await shown()).toEqual([null, null, null, null]);
    child.send({ type: 'proof', teamProof: 'pt_later' });
    while ((await shown()).includes(null)) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await shown()).toEqual(['pt_later', 'pt_later', 'pt_later', 'pt_later']);
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it('ends on SIGTERM', async () => {
    const child = forkTeam();
    await once(child, 'message');
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });

  it('started by hand it prints its addresses and stays until SIGINT', async () => {
    const { child, ended, says } = start(program('team'), { PAYDAY_AGENT_TOKEN: 'token' }, TEAM);
    await says(/agent http:\/\/127\.0\.0\.1:\d+/);
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
  });

  it('refuses bad usage in one line with code 2, and a taken port with code 1', async () => {
    const bad = await start(program('team'), { PAYDAY_AGENT_TOKEN: 'token' }, ['--team', 'a']).ended;
    expect(bad).toEqual({ code: 2, output: expect.stringMatching(/^--seed is missing .*\n$/) });
    const first = start(program('team'), { PAYDAY_AGENT_TOKEN: 'token' }, TEAM);
    const port = await first.says(/router http:\/\/127\.0\.0\.1:(\d+)/);
    const taken = start(program('team'), { PAYDAY_AGENT_TOKEN: 'token' }, [
      ...TEAM,
      '--ports',
      `router=${port}`,
    ]);
    expect(await taken.ended).toEqual({ code: 1, output: expect.stringMatching(/^.*EADDRINUSE.*\n$/) });
  });
});

describe('a service on its own', () => {
  it('needs nothing but its files and Node, and stops on SIGTERM when it has answered', async () => {
    const kit = join(home, 'kit');
    for (const part of [
      'catalog.js',
      'pricing.js',
      'booking.js',
      'router.js',
      'inventory.js',
      'http',
      'services',
    ])
      await cp(join(home, 'dist/apps/unicorn-rentals/src', part), join(kit, part), { recursive: true });
    await writeFile(join(kit, 'package.json'), '{"type":"module"}');

    const url = (name: string, env: Record<string, string> = {}) => {
      const service = start(join(kit, `${name}.js`), { PORT: '0', ...env });
      return service.says(/listens on (http:\S+)/).then((address) => ({ ...service, address }));
    };
    const [catalog, pricing, booking] = await Promise.all(
      ['catalog', 'pricing', 'booking'].map((name) => url(name, { PAYDAY_TEAM_PROOF: 'pt_mine' })),
    );
    expect((await fetch(catalog!.address)).headers.get('payday-team')).toBe('pt_mine');
    const router = await url('router', {
      CATALOG_URL: catalog!.address,
      PRICING_URL: pricing!.address,
      BOOKING_URL: booking!.address,
    });
    const rental = { url: `${router.address}/rentals/nimbus?days=2`, timeoutMs: 5_000 };
    expect((await call(rental)).json).toMatchObject({ name: 'Nimbus', totalCents: 30_000 });
    pricing!.child.kill('SIGTERM');
    expect((await pricing!.ended).code).toBe(0);
    expect((await call(rental)).status).toBe(502);

    const lastAnswer = call(rental);
    await new Promise((resolve) => setTimeout(resolve, 20));
    router.child.kill('SIGTERM');
    expect((await lastAnswer).status).toBe(502);
    expect((await router.ended).code).toBe(0);
  });

  it('refuses a bad environment in one line with code 2, and a taken port with code 1', async () => {
    expect(await start(program('catalog'), {}).ended).toEqual({
      code: 2,
      output: expect.stringMatching(/^catalog: PORT must be .*\n$/),
    });
    expect(await start(program('router'), { PORT: '0', CATALOG_URL: 'ftp://x' }).ended).toEqual({
      code: 2,
      output: expect.stringMatching(/^router: CATALOG_URL must be .*\n$/),
    });
    expect(await start(program('catalog'), { PORT: '0', PAYDAY_TEAM_PROOF: 'two words' }).ended).toEqual({
      code: 2,
      output: 'catalog: PAYDAY_TEAM_PROOF must be 1 to 200 visible ASCII characters\n',
    });
    const first = start(program('catalog'), { PORT: new URL(await deadUrl()).port });
    const port = await first.says(/:(\d+)\n/);
    expect(await start(program('catalog'), { PORT: port }).ended).toEqual({
      code: 1,
      output: `catalog: cannot listen on 127.0.0.1:${port}: it is taken\n`,
    });
  });
});

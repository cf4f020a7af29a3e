/**
 * Plays two short games, one undisturbed, one in which the prober is stopped repeatedly, with teams that fail in every known way and
 * with twins. Prints the salaries as JSON. It runs in a network namespace of its own, without a route to any IPv6 address.
 */
import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { randomStream } from '#kernel';
import { TestDnsServer } from '../../../apps/prober/src/testing/dns-server.js';
import { standings } from '../../support/api.js';
import { GameFolder, GameProcess, freePort } from '../../support/game-process.js';
import { signal } from '../../support/processes.js';
import { readRawGame, resultsOnce } from '../../support/raw-log.js';
import { sleep } from '../../support/wait.js';

const DURATION_S = 20;
const PER_SECOND = 60;
const SCENARIO = `
id: failures
name: Failures
duration: ${DURATION_S}s
seed: failures
services:
  - id: home
    letter: H
    checks:
      - { id: home, request: { path: '/{{n}}' }, expect: { contains: x }, cases: [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }, { n: 5 }] }
probing: { timeout: 1s }
pay:
  window: 5s
  speedBands: [{ upTo: 200ms, cents: 100 }, { upTo: 1s, cents: 40 }]
  failureCents: -50
  downtime: { belowAvailabilityPercent: 80, minProbes: 3, cents: -500 }
load: [{ at: 0s, label: Steady, requestsPerSecond: { home: ${PER_SECOND} } }]
`;
/** How long the prober gets no CPU, about every 0.7 s. */
const STOPPED_MS = { least: 40, most: 160 };
const BETWEEN_MS = { least: 500, most: 900 };
const SLOW_MS = 300;

export interface Played {
  seed: string;
  salaries: Record<string, number>;
  outcomes: Record<string, Record<string, number>>;
  /** How often the twins' servers received each path. */
  seen: Record<string, Record<string, number>>;
}

function port(server: Server | HttpServer, host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port)),
  );
}

async function play(seed: string | null): Promise<Played> {
  const folder = new GameFolder();
  const seen: Played['seen'] = {};
  const goodServer = (id: string): HttpServer => {
    const paths: Record<string, number> = (seen[id] = {});
    return createHttpServer((request, response) => {
      const path = request.url!.replace(/^.*\//, '/');
      // Requests for the ownership proof come in addition.
      if (/^\/\d$/.test(path)) paths[path] = (paths[path] ?? 0) + 1;
      response.end('x');
    });
  };
  const good = goodServer('good-a');
  const slow = createHttpServer((_request, response) => setTimeout(() => response.end('x'), SLOW_MS));
  const hangs = createServer((socket) => socket.on('error', () => undefined).resume());
  const at = async (server: Server | HttpServer): Promise<string> => `http://127.0.0.1:${await port(server)}`;
  const dns = await TestDnsServer.start({
    'servfail.test': 'SERVFAIL',
    'refused.test': 'REFUSED',
    'dead-zone.test': 'hang',
    'good.test': { a: ['127.0.0.1'] },
  });
  const goodUrl = await at(good);
  const byName = new URL(await at(goodServer('good-by-name')));
  const teams: Record<string, string | null> = {
    hangs: await at(hangs),
    refuses: `http://127.0.0.1:${await freePort()}`,
    none: null,
    'dns-servfail': 'http://servfail.test:8080',
    'dns-refused': 'http://refused.test:8080',
    'dns-dead-zone': 'http://dead-zone.test:8080',
    'dns-nothing': 'http://nothing.test:8080',
    'ipv6-literal': 'http://[fd12::1]:8080',
    'good-a': goodUrl,
    'good-b': await at(goodServer('good-b')),
    'good-by-name': `http://good.test:${byName.port}`,
    'slow-a': await at(slow),
    'slow-b': `http://127.0.0.1:${(slow.address() as AddressInfo).port}/twin`,
  };
  writeFileSync(join(folder.path, 'failures.yaml'), SCENARIO);
  const entries = Object.entries(teams).map(([id, url]) => ({
    id,
    name: id,
    endpoints: url === null ? {} : { home: url },
  }));
  writeFileSync(join(folder.path, 'teams.json'), JSON.stringify({ teams: entries }));
  const game = await GameProcess.start(
    folder,
    [
      ...['--scenario', join(folder.path, 'failures.yaml'), '--teams-file', join(folder.path, 'teams.json')],
      ...['--allow', '127.0.0.0/8', '--allow', 'fd12::/16'],
    ],
    undefined,
    { PAYDAY_DNS_SERVERS: dns.address },
  );
  try {
    let isOver = false;
    const over = game.prints(/Final standings/, (DURATION_S + 90) * 1000).finally(() => (isOver = true));
    // Rejections are handled where the game is awaited.
    over.catch(() => undefined);
    if (seed !== null) {
      const random = randomStream(seed, 'stops');
      const prober = game.children().find(({ command }) => command.includes('apps/prober'));
      const pid = prober?.pid ?? (await found(game));
      while (!isOver) {
        await sleep(random.between(BETWEEN_MS.least, BETWEEN_MS.most));
        signal(pid, 'SIGSTOP');
        await sleep(random.between(STOPPED_MS.least, STOPPED_MS.most));
        signal(pid, 'SIGCONT');
      }
    }
    await over;
    const view = await standings(game.url);
    const outcomes: Played['outcomes'] = {};
    for (const { teamId, outcome } of resultsOnce((await readRawGame(folder, view.game.id)).batches)) {
      const counts = (outcomes[teamId] ??= {});
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    const salaries = Object.fromEntries(
      view.standings.map(({ team, salaryCents }) => [team.id, salaryCents]),
    );
    return { seed: seed ?? 'quiet', salaries, outcomes, seen };
  } catch (error) {
    process.stderr.write(`${game.report()}\n`);
    throw error;
  } finally {
    game.ctrlC();
    await folder.remove();
    await dns.close();
  }
}

async function found(game: GameProcess): Promise<number> {
  for (;;) {
    const prober = game.children().find(({ command }) => command.includes('apps/prober'));
    if (prober !== undefined) return prober.pid;
    await sleep(50);
  }
}

const seed = process.argv[2] ?? 'stalls';
const played = [await play(null), await play(seed)];
process.stdout.write(`${JSON.stringify(played)}\n`);
process.exit(0);

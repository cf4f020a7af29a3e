import { writeFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { join } from 'node:path';
import type { StandingsView } from '#contracts';
import type { PlainResult } from '#testing';
import { ledgerPage, rowOf, standings } from '../support/api.js';
import { GameFolder, GameProcess } from '../support/game-process.js';
import { untrustedTls, selfSigned } from '../support/hostile/tls.js';
import { listening } from '../support/hostile/raw-server.js';
import { BODY, HTTP_ZOO } from '../support/http-zoo/index.js';
import { readRawGame, resultsOnce } from '../support/raw-log.js';

/**
 * "Any HTTP server, any language": a short game in which each team's server answers in a different valid way. All
 * answers are right, so all teams are paid alike.
 */
const PLAIN = 'plain';
/** Those that the scenario's single check fits. */
const PAID = HTTP_ZOO.filter(({ refused, method, status }) => refused === null && !method && !status);
const CENTS = 100;
const DURATION_S = 10;
const REQUESTS_PER_SECOND = 2;

const SCENARIO = `
id: zoo
name: Zoo
duration: ${DURATION_S}s
seed: zoo
services:
  - id: home
    letter: H
    checks:
      - { id: home, request: { path: / }, expect: { json: { ok: true, n: 7 } }, cases: [{}] }
probing: { timeout: 1s, maxBodyBytes: 65536 }
pay:
  window: 5s
  speedBands: [{ upTo: 1s, cents: ${CENTS} }]
  failureCents: -500
  downtime: { belowAvailabilityPercent: 80, minProbes: 3, cents: -2000 }
  market: { ownPercent: 100, foreignPercent: 100, providerFeeCents: 0 }
load:
  - { at: 0s, label: Steady, requestsPerSecond: { home: ${REQUESTS_PER_SECOND} } }
timeline: []
`;

const folder = new GameFolder();
const closing: { close(): void }[] = [];
const trusted = selfSigned();
let game: GameProcess;
let final: StandingsView;
let results: PlainResult[];

beforeAll(async () => {
  const teams: { id: string; name: string; endpoints: { home: string } }[] = [];
  const add = (id: string, server: { url: string; close(): void }): void => {
    closing.push(server);
    teams.push({ id, name: id.slice(0, 40), endpoints: { home: server.url } });
  };
  for (const { name, listen } of PAID) add(name, await listen());
  const https = createHttpsServer(trusted, (_request, response) => response.end(BODY));
  add('tls-trusted', await listening(https, 'https'));
  add('tls-untrusted', await untrustedTls(0));

  writeFileSync(join(folder.path, 'ca.pem'), trusted.cert);
  writeFileSync(join(folder.path, 'zoo.yaml'), SCENARIO);
  writeFileSync(join(folder.path, 'teams.json'), JSON.stringify({ teams }));
  game = await GameProcess.start(
    folder,
    [
      ...['--scenario', join(folder.path, 'zoo.yaml'), '--teams-file', join(folder.path, 'teams.json')],
      ...['--allow', '127.0.0.0/8', '--allow', '::1/128'],
    ],
    undefined,
    { NODE_EXTRA_CA_CERTS: join(folder.path, 'ca.pem') },
  );
  await game.prints(/Final standings/, (DURATION_S + 60) * 1000);
  final = await standings(game.url);
  results = resultsOnce((await readRawGame(folder, final.game.id)).batches);
}, 120_000);

afterAll(async () => {
  game?.ctrlC();
  await folder.remove();
  for (const { close } of closing) close();
}, 20_000);

const resultsOf = (teamId: string): PlainResult[] => results.filter((result) => result.teamId === teamId);

/** How often each outcome occurred; on a busy machine the prober cannot judge some results, and those are never scored. */
function countsOf(teamId: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of resultsOf(teamId)) counts[outcome] = (counts[outcome] ?? 0) + 1;
  delete counts['prober_error'];
  return counts;
}

it('plays with every specimen', () => {
  expect(PAID.length).toBeGreaterThanOrEqual(50);
  expect(resultsOf(PLAIN).length).toBeGreaterThan((DURATION_S * REQUESTS_PER_SECOND) / 2);
});

it.each([...PAID.map(({ name, does }) => [name, does] as const), ['tls-trusted', 'https'] as const])(
  'pays for each answer of %s: %s',
  async (name) => {
    const { entries, salaryCents } = await ledgerPage(game.url, name, folder.facilitator());
    const said = entries.flatMap(({ samples }) => samples.map(({ got }) => got));
    const counts = countsOf(name);
    expect({ counts, said }).toEqual({ counts: { ok: counts['ok'] }, said: [] });
    expect(salaryCents).toBe(counts['ok']! * CENTS);
    // As many requests as its twins: each team's schedule has its own phase, so the edges of the game may cut one off.
    expect(Math.abs(resultsOf(name).length - resultsOf(PLAIN).length)).toBeLessThanOrEqual(2);
  },
);

it('does not pay a server whose certificate nobody vouches for, and says so', async () => {
  expect(Object.keys(countsOf('tls-untrusted'))).toEqual(['tls_error']);
  expect(rowOf(final, 'tls-untrusted').salaryCents).toBeLessThan(0);
  const { entries } = await ledgerPage(game.url, 'tls-untrusted', folder.facilitator());
  expect(entries.flatMap(({ samples }) => samples)[0]?.got).toMatch(/certificate/);
});

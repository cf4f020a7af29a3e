import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { Registry } from 'prom-client';
import { OUTCOMES, type ProofPolicy } from '#contracts';
import { EventBuilder, buildScenario } from '#testing';
import { AllowedRange, systemClock } from '#runtime';
import { GameWatcher } from './game-watcher.js';
import { AddressGuard } from './http/address-guard.js';
import { systemNames } from './dns/index.js';
import { GuardedAddressBook } from './http/address-book.js';
import { createProberMetrics } from './metrics.js';
import { OwnershipMonitor, type OwnershipFinding } from './ownership/index.js';
import { PROBER_DEFAULTS, Prober } from './prober.js';
import { HttpServers } from './testing/http-server.js';

const proof = (letter: string): string => `pt_${letter.repeat(43)}`;
const guard = new AddressGuard({ allow: [AllowedRange.parse('127.0.0.0/8')], deniedOrigins: [] });
const names = systemNames({ servers: [], ingestUrl: 'http://127.0.0.1' }, systemClock).of('team');
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await servers.closeAll();
});

const servers = new HttpServers();
const http = (handler: RequestListener): Promise<string> => servers.listen(handler);

/** Plays two seconds with a real prober. Outcomes and samples by team. */
async function play(policy: ProofPolicy, urls: Record<string, string>) {
  const findings: OwnershipFinding[] = [];
  const ownership = new OwnershipMonitor({ clock: systemClock, onFinding: (each) => findings.push(each) });
  const prober = new Prober(
    { ...PROBER_DEFAULTS, gameId: 'g', proberId: 'p', epoch: 1 },
    {
      clock: systemClock,
      uuid: () => 'u',
      loop: { idleUs: () => performance.nodeTiming.idleTime * 1000, afterRound: setImmediate },
      net: { bookOf: () => new GuardedAddressBook(guard, names), userAgent: 'payday/test' },
      metrics: createProberMetrics(new Registry()),
      ownership,
    },
  );
  closing.push(() => prober.close());
  const events = new EventBuilder('g');
  const watcher = new GameWatcher('g', prober, ownership);
  const { probing, services } = buildScenario();
  const scenario = buildScenario({
    durationMs: 2_000,
    services: services.slice(0, 1),
    probing: { ...probing, proof: policy },
    load: [{ atMs: 0, label: 'x', requestsPerSecond: { router: 20 }, rampMs: 0 }],
  });
  watcher.handle(events.created(scenario));
  for (const [teamId, url] of Object.entries(urls)) {
    const team = { id: teamId, name: teamId, color: '#fff', ranked: true };
    const proofSha256 = createHash('sha256').update(proof(teamId)).digest('hex');
    watcher.handle(events.make('dev.payday.team.added', { team, proofSha256 }));
    watcher.handle(events.make('dev.payday.endpoint.changed', { teamId, serviceId: 'router', url }));
  }
  const startsAt = Math.ceil(systemClock.nowMs() / 1000) * 1000 + 1_000;
  watcher.handle(
    events.make('dev.payday.game.scheduled', { startsAt, endsAt: startsAt + scenario.durationMs }),
  );
  prober.start();
  const outcomes: Record<string, Record<string, number>> = {};
  const got: Record<string, string> = {};
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      prober.tick();
      prober.rest();
      if (systemClock.nowMs() < startsAt + scenario.durationMs + 200) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  for (const batch of prober.drain()) {
    const counts = (outcomes[batch.teamId] ??= {});
    for (const code of Array.from(batch.outcome))
      counts[OUTCOMES[code]!] = (counts[OUTCOMES[code]!] ?? 0) + 1;
    for (const sample of batch.samples) got[batch.teamId] ??= sample.got;
  }
  for (const counts of Object.values(outcomes)) delete counts['prober_error'];
  return {
    kinds: Object.fromEntries(Object.entries(outcomes).map(([id, c]) => [id, Object.keys(c)])),
    got,
    findings,
  };
}

test('no team earns from another’s service; a gateway may serve several teams; a team without a proof learns why', async () => {
  const a = await http((_request, response) => response.setHeader('Payday-Team', proof('a')).end('x'));
  const gateway = await http((request, response) =>
    response.end(request.url === '/.well-known/payday-team' ? `${proof('c')}\n${proof('d')}\n` : 'x'),
  );
  const silent = await http((request, response) => {
    if (request.url === '/.well-known/payday-team') response.statusCode = 404;
    response.end('x');
  });
  const urls = { a, b: a, c: `${gateway}/c`, d: `${gateway}/d`, e: silent };
  const { kinds, got, findings } = await play('required', urls);
  expect(kinds).toEqual({ a: ['ok'], b: ['wrong_body'], c: ['ok'], d: ['ok'], e: ['wrong_body'] });
  expect(got).toEqual({
    b: 'the endpoint shows the proof of another team',
    e: 'the endpoint does not prove that it is yours: no such header, and /.well-known/payday-team gave status 404',
  });
  expect(findings.map(({ teamId, kind }) => `${teamId} ${kind}`).sort()).toEqual(['b foreign', 'e unproven']);
}, 15_000);

test('with a warning, a team without a proof is paid, and one with another’s proof is not', async () => {
  const a = await http((_request, response) => response.setHeader('Payday-Team', proof('a')).end('x'));
  const silent = await http((_request, response) => response.end('x'));
  const { kinds } = await play('warn', { a, b: a, e: silent });
  expect(kinds).toEqual({ a: ['ok'], b: ['wrong_body'], e: ['ok'] });
}, 15_000);

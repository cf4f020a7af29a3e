import type { RequestListener } from 'node:http';
import { Test } from '@nestjs/testing';
import { Registry } from 'prom-client';
import {
  OUTCOMES,
  TOPICS,
  decodeProbeBatches,
  encodeCloudEvent,
  type GameEvent,
  type ProbeBatch,
} from '#contracts';
import { openEventLog } from '#event-log';
import { arrivalsBefore } from '#scenario';
import { EventBuilder, buildScenario } from '#testing';
import { AllowedRange, RuntimeModule, createLogger, systemClock } from '#runtime';
import { ProberModule } from './prober.module.js';
import { ProbingLoop } from './probing-loop.js';
import { HttpServers } from './testing/http-server.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await servers.closeAll();
});

const servers = new HttpServers();
const http = (handler: RequestListener): Promise<string> => servers.listen(handler);

it('probes a real service by game events, reports to a real server, and sends watermarks beyond the end', async () => {
  const batches: ProbeBatch[] = [];
  let report = (): void => {};
  const ingestUrl = await http((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      batches.push(...decodeProbeBatches(Buffer.concat(chunks)).map(({ batch }) => batch));
      res.writeHead(202).end('{}');
      report();
    });
  });
  const serviceUrl = await http((_req, res) => res.end('x'));
  const scenario = buildScenario({
    durationMs: 2_000,
    load: [{ atMs: 0, label: 'Opening', requestsPerSecond: { router: 20, catalog: 5 }, rampMs: 0 }],
  });
  const log = await openEventLog('memory:');
  closing.push(() => log.close());
  await log.createTopics([
    { topic: TOPICS.gameEvents, partitions: 1 },
    { topic: TOPICS.deadLetters, partitions: 1 },
  ]);
  const events = new EventBuilder('g');
  const append = (event: GameEvent): Promise<unknown> =>
    log.append(TOPICS.gameEvents, [encodeCloudEvent(event)]);
  await append(events.created(scenario));
  await append(events.team('a'));
  // An inconsistent event goes to the dead letters and stops nothing.
  await append(events.make('dev.payday.game.paused', { fromAt: 5, reason: '' }));
  for (const [serviceId, url] of [
    ['router', serviceUrl],
    ['catalog', ingestUrl],
  ] as const)
    await append(events.make('dev.payday.endpoint.changed', { teamId: 'a', serviceId, url }));

  const registry = new Registry();
  const logger = createLogger({ service: 'test', level: 'silent' });
  const prober = ProberModule.register({
    config: {
      ingestUrl,
      token: 'secret',
      proberId: 'p',
      gameId: 'g',
      publicUrl: undefined,
      allow: [AllowedRange.parse('127.0.0.0/8')],
      databaseUrl: undefined,
      dnsServers: [],
      dnsCanary: undefined,
      deniedOrigins: [],
    },
    agent: { host: '127.0.0.1', port: 0, token: 'agent-secret' },
  });
  const runtime = RuntimeModule.register({ clock: systemClock, logger, metrics: registry, eventLog: log });
  const module = await Test.createTestingModule({ imports: [runtime, prober] }).compile();
  await module.init();
  const loop = module.get(ProbingLoop);
  // Twice the load for the router, ordered through the agent's own port, from the beginning on.
  const spike = await fetch(`${loop.agentUrl}/faults/spike`, {
    method: 'PUT',
    headers: { authorization: 'Bearer agent-secret' },
    body: JSON.stringify({
      kind: 'traffic-spike',
      teamId: 'a',
      serviceId: 'router',
      params: { percent: 100 },
      ttlMs: 60_000,
    }),
  });
  expect(await spike.json()).toEqual({ state: 'active' });
  const startsAt = Math.ceil(systemClock.nowMs() / 1000) * 1000 + 1_000;
  const endsAt = startsAt + scenario.durationMs;
  await append(events.make('dev.payday.game.scheduled', { startsAt, endsAt }));
  await new Promise<void>((resolve) => {
    report = () => (batches.at(-1)!.watermarkMs > endsAt ? resolve() : undefined);
  });
  await loop.stop(1_000);

  const counts: Record<string, number> = {};
  for (const batch of batches)
    for (const code of Array.from(batch.outcome)) {
      const key = `${batch.serviceId} ${OUTCOMES[code]!}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
  // On a busy machine the prober itself may be late now and then; nothing else may go wrong.
  const { 'router prober_error': routerLate = 0, 'catalog prober_error': catalogLate = 0 } = counts;
  expect((counts['router ok'] ?? 0) + routerLate).toBe(2 * arrivalsBefore(scenario, 'router', 2_000));
  expect((counts['catalog connect_error'] ?? 0) + catalogLate).toBe(
    arrivalsBefore(scenario, 'catalog', 2_000),
  );
  expect(batches.flatMap(({ samples }) => samples)[0]?.got).toMatch(/belongs to the game itself/);
  expect(await registry.metrics()).toContain('payday_prober_pending_results 0');
  expect(await log.endPositions(TOPICS.deadLetters)).not.toEqual([null]);
});

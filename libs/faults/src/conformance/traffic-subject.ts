import { createServer } from 'node:http';
import { Registry } from 'prom-client';
import type { GameEvent, ProbeBatch } from '#contracts';
import { arrivalsBefore } from '#scenario';
import { buildScenario, EventBuilder, ManualTime } from '#testing';
import { createSpikeAgent } from '../../../../apps/prober/src/agent/spike-agent.js';
import { SpikeRegistry } from '../../../../apps/prober/src/agent/spike-registry.js';
import { GameWatcher } from '../../../../apps/prober/src/game-watcher.js';
import { createProberMetrics } from '../../../../apps/prober/src/metrics.js';
import { PROBER_DEFAULTS, Prober } from '../../../../apps/prober/src/prober.js';
import { TrafficDriver } from '../drivers/traffic.js';
import type { DriverSubject } from './driver-suite.js';
import { closed, listening, portOf, unusedPort } from './servers.js';

const TOKEN = 'a-secret-of-the-conformance-suite';
const START = 1_700_000_010_000;
const TEAM = 'fenrir';
const LOOK_MS = 3_000;

/**
 * Two real probers of one game, with real agents; the test moves their time. Their customers find no endpoint, which makes
 * each request a result at once.
 */
export const trafficSubject: DriverSubject = {
  params: { 'traffic-spike': { percent: 200 } },
  badParams: [
    ['traffic-spike', {}],
    ['traffic-spike', { percent: 0 }],
    ['traffic-spike', { percent: 1_001 }],
    ['traffic-spike', { percent: 100, factor: 2 }],
  ],
  repairable: false,
  deadMan: true,
  async open() {
    const clock = new ManualTime(START - 1_000);
    const scenario = buildScenario({
      durationMs: 600_000,
      load: [{ atMs: 0, label: 'All day', requestsPerSecond: { router: 10, catalog: 5 }, rampMs: 0 }],
    });
    const probers = ['p1', 'p2'].map((proberId) => openProber(proberId, clock));
    const events = new EventBuilder('g');
    const told: GameEvent[] = [
      events.created(scenario),
      events.team(TEAM),
      events.team('other'),
      events.make('dev.payday.game.scheduled', { startsAt: START, endsAt: START + 600_000 }),
    ];
    for (const { watcher, prober } of probers) {
      for (const event of told) watcher.handle(event);
      prober.start();
    }
    const pass = (ms: number): void => {
      for (let passed = 0; passed < ms; passed += 20) {
        clock.advance(20);
        for (const { registry, prober } of probers) {
          registry.expire();
          prober.tick();
        }
      }
    };
    /** Results of the team's router at one prober since the last time it was asked. */
    const count = (prober: Prober, teamId: string, serviceId: string): number =>
      drained
        .get(prober)!
        .filter((batch) => batch.teamId === teamId && batch.serviceId === serviceId)
        .reduce((sum, { outcome }) => sum + outcome.length, 0);
    const drained = new Map<Prober, ProbeBatch[]>();
    pass(2_000);

    const agents = await Promise.all(
      probers.map(({ registry }) => listening(createSpikeAgent(registry, TOKEN))),
    );
    const hanging = await listening(createServer(() => undefined));
    const agentAt = (port: number) => ({ agentUrl: `http://127.0.0.1:${port}`, token: TOKEN });
    const at = (...ports: number[]) => ({ teamId: TEAM, probers: ports.map(agentAt) });
    const [first, second] = agents.map(portOf) as [number, number];
    return {
      driver: new TrafficDriver(),
      target: at(first, second),
      nowhere: at(first, await unusedPort()),
      hanging: at(portOf(hanging), second),
      serviceId: 'router',
      /** As many customers as the scenario wants, of everybody and at every prober; no prober may differ from the other. */
      async healthy() {
        // From one second of game time to another: a second's number of arrivals is fixed.
        pass(1_000 - ((clock.nowMs() - START) % 1_000));
        for (const { prober } of probers) drained.set(prober, [...prober.drain()]);
        const from = clock.nowMs() - START;
        pass(LOOK_MS);
        for (const { prober } of probers) drained.set(prober, [...prober.drain()]);
        const wanted = (serviceId: string): number =>
          arrivalsBefore(scenario, serviceId, from + LOOK_MS) - arrivalsBefore(scenario, serviceId, from);
        const [one, other] = probers.map(({ prober }) => count(prober, TEAM, 'router'));
        if (one !== other) throw new Error(`one prober sent ${one}, the other ${other}`);
        for (const { prober } of probers)
          if (
            count(prober, 'other', 'router') !== wanted('router') ||
            count(prober, TEAM, 'catalog') !== wanted('catalog')
          )
            throw new Error('somebody else was struck');
        return one === wanted('router');
      },
      pass: async (ms) => pass(ms),
      async close() {
        for (const { prober } of probers) prober.close();
        await Promise.all([...agents, hanging].map(closed));
      },
    };
  },
};

function openProber(proberId: string, clock: ManualTime) {
  const prober = new Prober(
    { ...PROBER_DEFAULTS, gameId: 'g', proberId, epoch: 1 },
    {
      clock,
      uuid: () => 'uuid',
      loop: { idleUs: () => clock.monotonicUs(), afterRound: setImmediate },
      net: {
        bookOf: () => ({ find: () => ({ outcome: 'connect_error', got: 'there is no endpoint' }) }),
        userAgent: 'payday',
      },
      metrics: createProberMetrics(new Registry()),
    },
  );
  const registry = new SpikeRegistry(prober, () => clock.nowMs());
  return { prober, registry, watcher: new GameWatcher('g', prober) };
}

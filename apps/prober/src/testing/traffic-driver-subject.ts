import { createServer } from 'node:http';
import { Registry } from 'prom-client';
import type { GameEvent, ProbeBatch } from '#contracts';
import { createDriver } from '#faults';
import { closed, listening, portOf, unusedPort, type DriverSubject } from '#faults/conformance';
import { arrivalsBefore } from '#scenario';
import { buildScenario, EventBuilder, ManualTime } from '#testing';
import { createSpikeAgent } from '../agent/spike-agent.js';
import { SpikeRegistry } from '../agent/spike-registry.js';
import { GameWatcher } from '../game-watcher.js';
import { createProberMetrics } from '../metrics.js';
import { PROBER_DEFAULTS, Prober } from '../prober.js';

const TOKEN = 'a-secret-of-the-conformance-suite';
const START = 1_700_000_010_000;
const TEAM = 'fenrir';
const LOOK_MS = 3_000;

/**
 * Two real probers of one game, with real agents and a simulated clock. Their customers find no endpoint, so each request
 * gives a result immediately.
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
    /** Number of results of one team's service at one prober since the last drain. */
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
      driver: createDriver('traffic'),
      target: at(first, second),
      nowhere: at(first, await unusedPort()),
      hanging: at(portOf(hanging), second),
      serviceId: 'router',
      /** Whether every team gets the load of the scenario from every prober; the probers must agree. */
      async healthy() {
        // From one full second of game time to another: the number of arrivals per second is fixed.
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
            throw new Error('another team or service was struck');
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

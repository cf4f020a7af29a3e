import type { Random, Time } from '#kernel';
import { call, keepAliveAgent } from '../http/client.js';
import { Engineer, type Observation } from './engineer.js';
import { lookAt } from './looks.js';

export interface WatchOptions {
  /** Service id → origin, in the order in which they are checked; `router` depends on the others. */
  origins: ReadonlyMap<string, string>;
  skill: number;
  speed: number;
  random: Random;
  timers: Time;
  /** Starts a clean version of a service. */
  redeploy: (serviceId: string) => Promise<void>;
}

const LOOK_EVERY_MS = 1_000;
/** A lower bound at any speed: many teams share one machine with the prober. */
const SHORTEST_INTERVAL_MS = 500;
const LOOK_TIMEOUT_MS = 2_000;

/** Starts an engineer: checks each service by real HTTP, and redeploys as needed. Returns a function that stops it. */
export function watchServices(options: WatchOptions): () => void {
  const { origins, skill, speed, random, timers } = options;
  const engineer = new Engineer({
    serviceIds: [...origins.keys()],
    dependentIds: ['router'],
    skill,
    speed,
    random,
  });
  const intervalMs = Math.max(SHORTEST_INTERVAL_MS, LOOK_EVERY_MS / speed);
  const agent = keepAliveAgent();
  const looking = new Set<string>();
  let redeploying = false;
  let cancel = timers.after(intervalMs * random.unit(), round);
  let stopped = false;

  return () => {
    stopped = true;
    cancel();
    agent.destroy();
  };

  function round(): void {
    if (stopped) return;
    cancel = timers.after(intervalMs, round);
    const repair = redeploying ? undefined : engineer.tick(timers.monotonicMs());
    if (repair?.works) {
      redeploying = true;
      void options.redeploy(repair.serviceId).finally(() => (redeploying = false));
    }
    for (const [serviceId, origin] of origins) {
      // One check at a time: a service that hangs is not called more often.
      if (looking.has(serviceId)) continue;
      looking.add(serviceId);
      void look(serviceId, origin).then((observation) => {
        looking.delete(serviceId);
        engineer.observe(observation);
      });
    }
  }

  async function look(serviceId: string, origin: string): Promise<Observation> {
    const { request, isRight } = lookAt(serviceId, origin, random);
    const startedAtMs = timers.monotonicMs();
    const seen = (finding: Observation['finding']): Observation => ({
      serviceId,
      startedAtMs,
      latencyMs: timers.monotonicMs() - startedAtMs,
      finding,
    });
    try {
      const answer = await call({ ...request, timeoutMs: LOOK_TIMEOUT_MS, agent });
      if (isRight(answer)) return seen('right');
      return seen(answer.status < 300 ? 'wrong' : 'failed');
    } catch {
      return seen('failed');
    }
  }
}

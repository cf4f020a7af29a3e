import type { Random, Time } from '#kernel';
import { call, keepAliveAgent } from '../http/client.js';
import { Engineer, type Observation } from './engineer.js';
import { lookAt } from './looks.js';

export interface WatchOptions {
  /** Service id → origin, in the order in which trouble is looked into; `router` depends on the others. */
  origins: ReadonlyMap<string, string>;
  skill: number;
  speed: number;
  random: Random;
  timers: Time;
  /** Starts a clean version of a service. */
  redeploy: (serviceId: string) => Promise<void>;
}

const LOOK_EVERY_MS = 1_000;
/** However fast the game: many teams share one machine with those who measure them. */
const SHORTEST_INTERVAL_MS = 500;
const LOOK_TIMEOUT_MS = 2_000;

/** Sets an engineer to work: looks at each service by real HTTP, and redeploys what needs it. Returns how to stop. */
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
      // One look at a time: a service that hangs isn't asked more often for it.
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

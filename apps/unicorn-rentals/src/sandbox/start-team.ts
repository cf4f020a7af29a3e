import type { Server } from 'node:http';
import { randomStream, type Time } from '#kernel';
import { systemTime } from '#kernel/system';
import { watchServices } from '../bot/watch.js';
import { createService } from '../http/listener.js';
import type { Handler } from '../http/service.js';
import { DEMO_SERVICES, type DemoService } from '../demo-services.js';
import { createBooking } from '../services/booking.js';
import { createCatalog } from '../services/catalog.js';
import { createPricing } from '../services/pricing.js';
import { createRouter } from '../services/router.js';
import { agentProblem, createAgent } from './agent.js';
import { FaultRegistry } from './fault-registry.js';
import { behindGate } from './gate.js';
import { TeamPerformance } from './performance.js';
import { TcpProxy } from './proxy/tcp-proxy.js';
import { ServiceHost } from './service-host.js';

/** Each service's skill, and the engineer's: 0 to 1. */
export type TeamSkills = Record<DemoService | 'engineer', number>;

export interface TeamOptions {
  teamId: string;
  /** Seeds every random stream of the team, together with its id. */
  seed: string;
  skills: TeamSkills;
  /** > 0: how many times faster than real time the engineer works and new versions are deployed. */
  speed: number;
  /** 0 or absent: any free port. */
  ports: Partial<Record<DemoService | 'agent', number>>;
  /** Bearer token of the fault agent. */
  token: string;
  /** Sent with every answer of the services, so that Payday knows whose they are. Default: none, until `setTeamProof`. */
  teamProof?: string;
  timers?: Time;
  onError?: (error: unknown) => void;
}

export interface RunningTeam {
  /** Where customers call: the proxies in front of the services. */
  endpoints: Record<DemoService, string>;
  agentUrl: string;
  faults: FaultRegistry;
  /** From now on every answer shows this proof. */
  setTeamProof(proof: string): void;
  /** Stops everything; repeatable. */
  close(): Promise<void>;
}

/** Shorter than the customers' timeout on the router. */
const BACKEND_TIMEOUT_MS = 1_500;

/** Runs a team's four services, the proxies in front of them, its fault agent and its engineer, all on loopback. Rejects if a port is taken. */
export async function startTeam(options: TeamOptions): Promise<RunningTeam> {
  const { teamId, seed, skills, speed, ports } = options;
  let { teamProof } = options;
  const timers = options.timers ?? systemTime;
  const stream = (name: string) => randomStream(seed, `${teamId}/${name}`);
  const performance = new TeamPerformance(
    new Map(DEMO_SERVICES.map((id) => [id, skills[id]])),
    stream('performance'),
  );

  const hosts = new Map<DemoService, ServiceHost>();
  // Behind the customers' network: for the team's own services, and for its engineer.
  const url = (id: DemoService): string => hosts.get(id)!.url;
  const proxies = new Map<DemoService, TcpProxy>();
  const create: Record<DemoService, () => Handler> = {
    catalog: createCatalog,
    pricing: createPricing,
    booking: createBooking,
    router: () =>
      createRouter({
        catalogUrl: url('catalog'),
        pricingUrl: url('pricing'),
        bookingUrl: url('booking'),
        backendTimeoutMs: BACKEND_TIMEOUT_MS,
      }),
  };
  for (const id of DEMO_SERVICES) {
    const random = stream(`latency/${id}`);
    const capacity = () => performance.capacity(id);
    hosts.set(
      id,
      new ServiceHost({
        create: () => behindGate(create[id](), { capacity, random, timers }),
        timers,
        teamProof: () => teamProof,
        onError: options.onError,
      }),
    );
    const servicePort = (): number => Number(new URL(url(id)).port);
    proxies.set(id, new TcpProxy({ servicePort, timers, onError: options.onError }));
  }

  const faults = new FaultRegistry({ hosts, networks: proxies, random: stream('faults'), timers });
  const agent = createService(createAgent({ registry: faults, token: options.token, timers }), {
    maxBodyBytes: 16 * 1024,
    renderProblem: agentProblem,
    onError: options.onError,
  });
  const stops: (() => void)[] = [() => faults.close(), () => void shut(agent)];
  const close = async (): Promise<void> => {
    for (const stop of stops.splice(0)) stop();
    await Promise.all([...proxies.values(), ...hosts.values()].map((part) => part.close()));
  };

  try {
    // The router last: it needs the addresses of the others.
    for (const id of [...DEMO_SERVICES].reverse()) {
      await hosts.get(id)!.start(0);
      await proxies.get(id)!.start(ports[id] ?? 0);
    }
    await listen(agent, ports.agent ?? 0);
  } catch (error) {
    await close();
    throw error;
  }

  stops.push(deployNowAndThen(performance, speed, timers));
  stops.push(
    watchServices({
      origins: new Map((['catalog', 'pricing', 'booking', 'router'] as const).map((id) => [id, url(id)])),
      skill: skills.engineer,
      speed,
      random: stream('engineer'),
      timers,
      redeploy: (serviceId) => faults.repair(serviceId),
    }),
  );
  const address = agent.address();
  const agentPort = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    endpoints: {
      router: proxies.get('router')!.url,
      catalog: proxies.get('catalog')!.url,
      pricing: proxies.get('pricing')!.url,
      booking: proxies.get('booking')!.url,
    },
    agentUrl: `http://127.0.0.1:${agentPort}`,
    faults,
    setTeamProof: (proof) => void (teamProof = proof),
    close,
  };
}

/** Deploys a new version from time to time. Returns a function that stops it. */
function deployNowAndThen(
  performance: TeamPerformance<DemoService>,
  speed: number,
  timers: Time,
): () => void {
  let cancel = (): void => undefined;
  const schedule = (): void => {
    cancel = timers.after(performance.nextDeployMs() / speed, () => {
      performance.deploy();
      schedule();
    });
  };
  schedule();
  return () => cancel();
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

function shut(server: Server): void {
  server.close();
  server.closeAllConnections();
}

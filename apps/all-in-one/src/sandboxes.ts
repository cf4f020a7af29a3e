import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { FaultTarget } from '#faults';
import { PaydayError } from '#kernel';
import type { Logger } from '#runtime';
import type { TeamProofMessage } from '../../unicorn-rentals/src/index.js';
import { ChangeSignal } from './change-signal.js';
import { SupervisedChild } from './child-process.js';

const TEAM_MODULE = fileURLToPath(new URL('../../unicorn-rentals/src/team.js', import.meta.url));
/** A sandbox that dies gets its old ports back; after this many starts without success it gets new ones. */
const TRIES_ON_OLD_PORTS = 3;

interface Ready {
  endpoints: Record<string, string>;
  agentUrl: string;
}

interface Sandbox {
  child: SupervisedChild;
  token: string;
  ready: Ready | null;
  startsSinceReady: number;
}

export interface SandboxOptions {
  bots: { teamId: string; skill: number }[];
  /** The game's services: a bot runs all of the demo company's, of which a smaller scenario uses some. */
  serviceIds: readonly string[];
  seed: string;
  speed: number;
  logger: Logger;
  /** Called whenever a team's services are up: at the start, and after its process was restarted. */
  onReady(teamId: string, endpoints: Record<string, string>): void;
}

/** The bot teams' processes: each runs one team's four services, and is restarted when it dies. */
export class Sandboxes {
  private readonly sandboxes = new Map<string, Sandbox>();
  private readonly changed = new ChangeSignal();
  private proofs: ReadonlyMap<string, string> = new Map();

  constructor(private readonly options: SandboxOptions) {
    for (const { teamId, skill } of options.bots) this.add(teamId, skill);
  }

  start(): void {
    for (const { child } of this.sandboxes.values()) child.start();
  }

  /** Resolves when every team's services answer. @throws PaydayError `sandbox_not_ready` naming those that do not */
  async allReady(withinMs: number): Promise<void> {
    const missing = (): string[] =>
      [...this.sandboxes].filter(([, { ready }]) => ready === null).map(([teamId]) => teamId);
    if (!(await this.changed.until(() => missing().length === 0, withinMs)))
      throw new PaydayError(
        'sandbox_not_ready',
        `these bot teams did not start within ${withinMs / 1000} s: ${missing().join(', ')}; try fewer with --teams`,
      );
  }

  /** From now on each team's services show its proof of ownership. @param proofs by team */
  showProofs(proofs: ReadonlyMap<string, string>): void {
    this.proofs = proofs;
    for (const [teamId, teamProof] of proofs)
      this.sandboxes.get(teamId)?.child.send({ type: 'proof', teamProof } satisfies TeamProofMessage);
  }

  endpoints(): { teamId: string; serviceId: string; url: string }[] {
    return [...this.sandboxes].flatMap(([teamId, { ready }]) =>
      Object.entries(this.ofGame(ready?.endpoints ?? {})).map(([serviceId, url]) => ({
        teamId,
        serviceId,
        url,
      })),
    );
  }

  /** Where the sandboxes take faults: only the chaos orchestrator may call these addresses. */
  agentUrls(): string[] {
    return [...this.sandboxes.values()].flatMap(({ ready }) => (ready === null ? [] : [ready.agentUrl]));
  }

  /** How the chaos orchestrator reaches a team; null while its process is not up. */
  target(teamId: string): FaultTarget | null {
    const sandbox = this.sandboxes.get(teamId);
    if (!sandbox?.ready) return null;
    const agent = { agentUrl: sandbox.ready.agentUrl, token: sandbox.token };
    // One agent for both: the proxies are in the team's process.
    return { teamId, sandbox: agent, tcpProxy: agent };
  }

  /** From now on nothing is restarted. */
  letGo(): void {
    for (const { child } of this.sandboxes.values()) child.letGo();
  }

  async stop(graceMs: number): Promise<void> {
    await Promise.all([...this.sandboxes.values()].map(({ child }) => child.stop(graceMs)));
  }

  private add(teamId: string, skill: number): void {
    const { seed, speed, logger } = this.options;
    const token = randomBytes(24).toString('base64url');
    const child = new SupervisedChild(
      {
        name: `team ${teamId}`,
        modulePath: TEAM_MODULE,
        args: () => [
          ...['--team', teamId, '--seed', seed, '--skill', String(skill), '--speed', String(speed)],
          ...this.portArgs(teamId),
        ],
        env: () => {
          const proof = this.proofs.get(teamId);
          return {
            PAYDAY_AGENT_TOKEN: token,
            ...(proof === undefined ? {} : { PAYDAY_TEAM_PROOF: proof }),
          };
        },
        onMessage: (message) => this.onChildMessage(teamId, message),
      },
      logger,
    );
    this.sandboxes.set(teamId, { child, token, ready: null, startsSinceReady: 0 });
  }

  private portArgs(teamId: string): string[] {
    const sandbox = this.sandboxes.get(teamId)!;
    if (!sandbox.ready || ++sandbox.startsSinceReady > TRIES_ON_OLD_PORTS) return [];
    const ports = Object.entries({ ...sandbox.ready.endpoints, agent: sandbox.ready.agentUrl }).map(
      ([name, url]) => `${name}=${new URL(url).port}`,
    );
    return ['--ports', ports.join(',')];
  }

  private onChildMessage(teamId: string, message: unknown): void {
    if (!isReady(message)) return;
    const sandbox = this.sandboxes.get(teamId)!;
    sandbox.ready = { endpoints: message.endpoints, agentUrl: message.agentUrl };
    sandbox.startsSinceReady = 0;
    this.options.onReady(teamId, this.ofGame(message.endpoints));
    this.changed.notify();
  }

  private ofGame(endpoints: Record<string, string>): Record<string, string> {
    const { serviceIds } = this.options;
    return Object.fromEntries(Object.entries(endpoints).filter(([id]) => serviceIds.includes(id)));
  }
}

function isReady(message: unknown): message is Ready & { type: 'ready' } {
  return typeof message === 'object' && message !== null && (message as { type?: unknown }).type === 'ready';
}

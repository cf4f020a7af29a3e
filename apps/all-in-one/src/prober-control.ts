import { randomBytes } from 'node:crypto';
import type { ControlClient } from '#client';
import type { FaultAgent } from '#faults';
import { PaydayError } from '#kernel';
import type { Logger } from '#runtime';
import { ChangeSignal } from './change-signal.js';
import type { Fleet } from './fleet.js';
import { addressFlags, addressMessage, type ProbeAddresses } from './probe-addresses.js';
import { proberSettings } from './prober-settings.js';

export interface ProberControlOptions {
  fleet: Fleet;
  gameId: string;
  /** For ingest. */
  token: string;
  /** Where ingest is. */
  url: string;
  logger: Logger;
  /** How long it may take until it follows the schedule, ms; Infinity: as long as it takes. */
  withinMs: number;
  /** What it may call now. */
  addresses(): ProbeAddresses;
  /** Called when `agent` has changed. */
  onAgent(): void;
}

/** How often a prober that is not up is warned about. */
const WARN_EVERY_MS = 20_000;

/** The game's prober: a process of the fleet that is restarted when it dies. */
export class ProberControl {
  /** Where its latest start takes load spikes. */
  agent: FaultAgent | undefined;
  private isUp = false;
  private isStopping = false;
  private readonly changed = new ChangeSignal();

  constructor(private readonly options: ProberControlOptions) {}

  start(): void {
    const { fleet, gameId, token, url, addresses, onAgent } = this.options;
    const agentToken = randomBytes(24).toString('base64url');
    fleet.add('prober', 1, {
      args: () => addressFlags(addresses()),
      env: {
        ...proberSettings(),
        PAYDAY_INGEST_URL: url,
        PAYDAY_PROBER_TOKEN: token,
        PAYDAY_PROBER_ID: 'prober-1',
        PAYDAY_GAME_ID: gameId,
        PAYDAY_PROBER_AGENT_TOKEN: agentToken,
      },
      onMessage: (message) => {
        const { agentUrl } = message as { agentUrl?: unknown };
        if (typeof agentUrl !== 'string') return;
        // It sends this once it has read the game's events and follows the schedule.
        this.agent = { agentUrl, token: agentToken };
        this.isUp = true;
        onAgent();
        this.changed.notify();
      },
      onExit: () => (this.isUp = false),
    });
  }

  /** Resolves once it follows the schedule. @throws PaydayError `service_not_ready` */
  async ready(): Promise<void> {
    const { withinMs, logger } = this.options;
    const deadline = performance.now() + withinMs;
    for (;;) {
      const leftMs = deadline - performance.now();
      if (await this.changed.until(() => this.isUp, Math.min(WARN_EVERY_MS, leftMs))) return;
      if (performance.now() >= deadline)
        throw new PaydayError(
          'service_not_ready',
          `the prober did not start within ${withinMs / 1000} s; what it logs says why`,
        );
      if (!this.isStopping) logger.warn('the prober is not up yet; the game waits for it');
    }
  }

  /** No more warnings. */
  stopWaiting(): void {
    this.isStopping = true;
  }

  /** Tells a running prober what it may call now. */
  sendAddresses(): void {
    this.options.fleet.sendMessage('prober', addressMessage(this.options.addresses()));
  }
}

/** A token for ingest. One is good at a time: a resumed game's replaces the one of the run before. */
export async function proberToken(api: ControlClient, game: string): Promise<string> {
  const purpose = { role: 'prober', label: 'embedded prober' };
  const former = (await api.tokens()).find(
    ({ role, label, gameId, revokedAt }) =>
      role === purpose.role && label === purpose.label && gameId === game && revokedAt === null,
  );
  const made =
    former === undefined ? await api.createToken({ ...purpose, game }) : await api.rotateToken(former.id);
  return made.secret;
}

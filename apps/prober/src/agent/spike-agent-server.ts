import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { PROBER_OPTIONS, type ProberModuleOptions } from '../prober.module-definition.js';
import { createSpikeAgent } from './spike-agent.js';
import { SpikeRegistry } from './spike-registry.js';

/** Serves the agent for load spikes on a port of its own. */
@Injectable()
export class SpikeAgentServer {
  private server: Server | undefined;

  constructor(
    @Inject(PROBER_OPTIONS) private readonly options: ProberModuleOptions,
    @Inject(SpikeRegistry) private readonly spikes: SpikeRegistry,
  ) {}

  /** @returns the agent's origin; null if no token is configured, so that there is no agent. Rejects if the port is not available. */
  async listen(): Promise<string | null> {
    const { token, host, port } = this.options.agent ?? {};
    if (token === undefined) return null;
    const server = createSpikeAgent(this.spikes, token);
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    const { family, address, port: taken } = server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`;
  }

  close(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }
}

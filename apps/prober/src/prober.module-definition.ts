import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { AgentConfig, ProberConfig } from './config.js';

/** Options of `ProberModule.register`. */
export interface ProberModuleOptions {
  config: ProberConfig;
  /** Default: no agent for load spikes. */
  agent?: AgentConfig;
  /** URL of the event log: its brokers are never called. */
  logUrl?: string | undefined;
  /** Where the prober itself listens. */
  listensAt?: { host: string; port: number } | undefined;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: PROBER_OPTIONS } =
  new ConfigurableModuleBuilder<ProberModuleOptions>().build();

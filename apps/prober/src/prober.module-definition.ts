import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { AgentConfig, ProberConfig } from './config.js';
import type { NetworkParts } from './network/prober-network.js';

/** Options of `ProberModule.register`. */
export interface ProberModuleOptions extends Pick<NetworkParts, 'logUrl' | 'listensAt'> {
  config: ProberConfig;
  /** Default: no agent for load spikes. */
  agent?: AgentConfig;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: PROBER_OPTIONS } =
  new ConfigurableModuleBuilder<ProberModuleOptions>().build();

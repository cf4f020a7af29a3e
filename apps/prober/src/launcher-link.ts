import type { ProberNetwork, AddressRules } from './network/prober-network.js';
import type { ProbingLoop } from './probing-loop.js';
import type { Logger } from '#runtime';

/**
 * Links the prober to the launcher that forked this process, if one did: the launcher learns where load spikes go, and sends
 * new address rules when its sandboxes have moved.
 */
export function linkToLauncher({ agentUrl }: ProbingLoop, network: ProberNetwork, logger: Logger): void {
  process.on('message', (message) => {
    if (isAddressRules(message)) network.setRules(message);
  });
  if (agentUrl === null) return;
  logger.info({ agentUrl }, 'taking load spikes');
  process.send?.({ type: 'agent', agentUrl });
}

function isAddressRules(message: unknown): message is AddressRules {
  return (
    typeof message === 'object' && message !== null && (message as { type?: unknown }).type === 'addresses'
  );
}

import { RuntimeModule, createHttpApp, defineService, openServiceLog } from '#runtime';
import { PROBER_SECTIONS } from './config.js';
import type { AddressRules } from './network/prober-network.js';
import { startProber, type RunningProber } from './start-prober.js';

class ProberProcess {}

const FLUSH_WITHIN_MS = 2_000;

export const proberService = defineService({
  name: 'prober',
  summary:
    'The customers of one game: sends requests on the seeded schedule, judges the answers, reports them to ingest.',
  sections: PROBER_SECTIONS,
  async start({ log: logConfig, prober: config, agent }, parts) {
    const { clock, logger, metrics, readiness, listensAt } = parts;
    const eventLog = await openServiceLog(logConfig, parts);
    const runtime = RuntimeModule.register({ clock, logger, metrics, eventLog, readiness });
    const app = await createHttpApp({ module: ProberProcess, imports: [runtime] }, logger);
    let prober: RunningProber | undefined;
    readiness.register('game events', () => {
      if (prober === undefined) throw new Error('the game events of the past are still being read');
    });
    return {
      app,
      begin: async () => {
        const started = await startProber(config, {
          ...{ log: eventLog, clock, logger, registry: metrics, agent },
          ...{ logUrl: logConfig.url, listensAt },
        });
        prober = started;
        const { agentUrl } = started;
        // Whoever started us knows when its bots have moved.
        process.on('message', (message) => {
          if (isAddressRules(message)) started.setAddressRules(message);
        });
        if (agentUrl === null) return;
        logger.info({ agentUrl }, 'taking load spikes');
        // Whoever started us wants to know where they go.
        process.send?.({ type: 'agent', agentUrl });
      },
      handOver: async () => prober?.stop(FLUSH_WITHIN_MS),
      close: () => eventLog.close(),
    };
  },
});

function isAddressRules(message: unknown): message is AddressRules {
  return (
    typeof message === 'object' && message !== null && (message as { type?: unknown }).type === 'addresses'
  );
}

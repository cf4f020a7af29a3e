/** Probes one game: `PAYDAY_LOG_URL=… PAYDAY_INGEST_URL=… … node main.js`; see config.ts for all variables. */
import { Registry } from 'prom-client';
import { openEventLog } from '#event-log';
import { messageOf } from '#kernel';
import { createLogger, exitWithParent, systemClock } from '#runtime';
import { proberConfigFrom } from './config.js';
import { startProber } from './start-prober.js';

const FLUSH_WITHIN_MS = 2_000;

async function main(): Promise<void> {
  const config = proberConfigFrom(process.env);
  const logger = createLogger({ service: 'prober', level: config.logLevel });
  const log = await openEventLog(config.logUrl, { clock: systemClock });
  const prober = await startProber(config, { log, clock: systemClock, logger, registry: new Registry() });
  const stop = async (): Promise<void> => {
    await prober.stop(FLUSH_WITHIN_MS);
    await log.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  // Ctrl-C reaches the whole process group: with a parent, the parent decides when we stop.
  process.on('SIGINT', () => (process.channel === undefined ? void stop() : undefined));
}

exitWithParent();
main().catch((error: unknown) => {
  createLogger({ service: 'prober' }).fatal({ err: error }, messageOf(error));
  process.exit(1);
});

import { runService } from '#runtime';
import { ingestService } from './service.js';

/** Accepts results as a separate process; `--help` lists all settings. */
process.exitCode = await runService(ingestService);

import { runService } from '#runtime';
import { ingestService } from './service.js';

/** Takes results as a process of its own; `--help` lists all settings. */
process.exitCode = await runService(ingestService);

import { runService } from '#runtime';
import { proberService } from './service.js';

/** Probes one game as a process of its own; `--help` lists all settings. */
process.exitCode = await runService(proberService);

import { runService } from '#runtime';
import { proberService } from './service.js';

/** Runs the prober as a process of its own; `--help` lists all settings. */
process.exitCode = await runService(proberService);

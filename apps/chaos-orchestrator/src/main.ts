import { runService } from '#runtime';
import { chaosService } from './service.js';

/** Breaks things as a process of its own; `--help` lists all settings. */
process.exitCode = await runService(chaosService);

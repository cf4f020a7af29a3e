import { runService } from '#runtime';
import { scorerService } from './service.js';

/** Runs the scorer as a process of its own; `--help` lists all settings. */
process.exitCode = await runService(scorerService);

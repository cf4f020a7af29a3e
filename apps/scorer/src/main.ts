import { runService } from '#runtime';
import { scorerService } from './service.js';

/** Scores as a process of its own; `--help` lists all settings. */
process.exitCode = await runService(scorerService);

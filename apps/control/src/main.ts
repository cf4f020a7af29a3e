import { runService } from '#runtime';
import { controlService } from './service.js';

/** Runs games as a process of its own; `--help` lists all settings. */
process.exitCode = await runService(controlService);

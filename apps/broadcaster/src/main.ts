import { runService } from '#runtime';
import { broadcasterService } from './service.js';

/** Shows the game as a process of its own; `--help` lists all settings. */
process.exitCode = await runService(broadcasterService);

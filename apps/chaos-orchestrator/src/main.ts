import { runService } from '#runtime';
import { chaosService } from './service.js';

/** The chaos orchestrator as a separate process; `--help` lists all settings. */
process.exitCode = await runService(chaosService);

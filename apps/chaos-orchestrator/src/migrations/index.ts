import { Chaos1700000100000 } from './1700000100000-chaos.js';
import { ChaosCommands1700000110000 } from './1700000110000-chaos-commands.js';

/** The orchestrator's own tables, for `openDatabase`. */
export const CHAOS_MIGRATIONS = [Chaos1700000100000, ChaosCommands1700000110000];

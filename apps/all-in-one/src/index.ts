import type { UpConfig } from './distributed/up-options.js';

/** What the command line shares with the launcher. Light: only playing a game loads `./distributed/up.js`, and with it every service. */
export { FAULT_RULES } from './fault-kinds.js';
export { topicSpecs } from './topic-specs.js';
export { UP_SECTIONS } from './distributed/up-options.js';
export type { UpConfig } from './distributed/up-options.js';

/** Plays one game on processes of their own. @returns the exit code */
export async function up(config: UpConfig): Promise<number> {
  const { runUp } = await import('./distributed/up.js');
  return runUp(config);
}

import type { Execution } from './idempotency-store.js';
import type { CommandMeta } from './types.js';

/** Carries out one kind of command. The bus runs it at most once per command id. */
export interface CommandHandler<C extends CommandMeta, R extends object> {
  /** Name in the store and in metrics. */
  readonly action: string;
  /** The content that identifies the command, besides its action and its sender; JSON. */
  contentOf(command: C): object;
  execute(command: C, execution: Execution): Promise<R>;
  /** Continues with what an attempt stored that seemed to fail. */
  resume?(command: C): Promise<void>;
}

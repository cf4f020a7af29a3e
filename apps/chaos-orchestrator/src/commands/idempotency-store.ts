import { createHash } from 'node:crypto';
import { PaydayError } from '#kernel';
import { canonicalJson } from '#persistence';
import type { ChaosStore, Recovered, StoredCommand } from '../store.js';
import type { CommandMeta } from './types.js';

/** How many commands are remembered without asking the store. */
export const MAX_CACHED_COMMANDS = 10_000;

const COMMAND_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** What `work` gets: the command's fingerprint, and whether an earlier process died while it carried it out. */
export interface Execution {
  readonly hash: string;
  readonly inDoubt: boolean;
}

/** Sees to it that a command is carried out once, however often it is sent, and numbers them all. */
export class IdempotencyStore {
  private readonly known = new Map<string, StoredCommand>();
  private readonly running = new Map<string, { hash: string; answer: Promise<object> }>();
  /** Ids whose storing failed without saying whether it was done. */
  private readonly doubtful = new Set<string>();
  private lastSeq = 0;

  constructor(private readonly store: Pick<ChaosStore, 'findCommand'>) {}

  restore({ lastSeq, commands }: Pick<Recovered, 'lastSeq' | 'commands'>): void {
    this.lastSeq = Math.max(this.lastSeq, lastSeq);
    for (const command of [...commands].reverse()) this.cache(command);
  }

  /** The next place in the one order of all commands. */
  nextSeq(): number {
    return ++this.lastSeq;
  }

  /**
   * The answer to a command: that of `work`, or the one that it had before.
   * @param content what makes it this command and no other; JSON
   * @param resume goes on with what an attempt stored that seemed to fail
   * @throws PaydayError `bad_request` for a bad id, `command_conflict`, and whatever `work` throws (then the id is free again)
   */
  async runOnce<T extends object>(
    { commandId, actor }: CommandMeta,
    action: string,
    content: object,
    work: (execution: Execution) => Promise<T>,
    resume?: () => Promise<void>,
  ): Promise<T> {
    if (typeof commandId !== 'string' || !COMMAND_ID.test(commandId))
      throw new PaydayError(
        'bad_request',
        'commandId must be 1 to 64 letters, digits, hyphens or underscores.',
      );
    const text = canonicalJson({ action, content, tokenId: actor.tokenId, role: actor.role });
    const hash = createHash('sha256').update(text).digest('base64url');
    const running = this.running.get(commandId);
    if (running !== undefined) {
      assertSame(commandId, hash, running.hash);
      return running.answer as Promise<T>;
    }
    const answer = this.answer(commandId, hash, action, work, resume);
    this.running.set(commandId, { hash, answer });
    try {
      return await answer;
    } finally {
      this.running.delete(commandId);
    }
  }

  /** The answer that a command, which turned out to be stored already, got then. @throws PaydayError `command_conflict` */
  answerOf<T extends object>(stored: StoredCommand, hash: string): T {
    assertSame(stored.commandId, hash, stored.hash);
    this.cache(stored);
    return structuredClone(stored.result) as T;
  }

  /** Notes that nobody knows whether a command was stored. */
  markInDoubt(commandId: string): void {
    this.doubtful.add(commandId);
  }

  private async answer<T extends object>(
    commandId: string,
    hash: string,
    action: string,
    work: (execution: Execution) => Promise<T>,
    resume?: () => Promise<void>,
  ): Promise<T> {
    let before = this.known.get(commandId) ?? null;
    if (before === null && this.doubtful.has(commandId)) {
      before = await this.store.findCommand(commandId);
      if (before?.hash === hash) await resume?.();
      this.doubtful.delete(commandId);
    }
    if (before !== null && before.result !== null) return this.answerOf<T>(before, hash);
    if (before !== null) assertSame(commandId, hash, before.hash);
    const result = await work({ hash, inDoubt: before !== null });
    this.cache({ commandId, hash, action, seq: (result as { seq?: number }).seq ?? 0, result });
    return result;
  }

  private cache(command: StoredCommand): void {
    this.known.delete(command.commandId);
    this.known.set(command.commandId, command);
    if (this.known.size > MAX_CACHED_COMMANDS) this.known.delete(this.known.keys().next().value!);
  }
}

function assertSame(commandId: string, hash: string, before: string): void {
  if (hash !== before)
    throw new PaydayError(
      'command_conflict',
      `The command id ${commandId} was used for another command, or by somebody else. Choose a new id for each command.`,
    );
}

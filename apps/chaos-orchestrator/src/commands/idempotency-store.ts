import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { PaydayError } from '#kernel';
import { canonicalJson } from '#persistence';
import { CHAOS_STORE, type ChaosStore, type Recovered, type StoredCommand } from '../store/store.js';
import type { CommandMeta } from './types.js';

/** Number of commands cached in memory. */
export const MAX_CACHED_COMMANDS = 10_000;

const COMMAND_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** One execution of a command: its fingerprint, and whether an earlier process died while it carried the command out. */
export interface Execution {
  readonly hash: string;
  readonly inDoubt: boolean;
}

/** Carries out each command once, however often it is sent, and numbers all commands. */
@Injectable()
export class IdempotencyStore {
  private readonly known = new Map<string, StoredCommand>();
  private readonly running = new Map<string, { hash: string; answer: Promise<object> }>();
  /** Ids whose storing failed with an unknown outcome. */
  private readonly doubtful = new Set<string>();
  private lastSeq = 0;

  constructor(@Inject(CHAOS_STORE) private readonly store: ChaosStore) {}

  restore({ lastSeq, commands }: Pick<Recovered, 'lastSeq' | 'commands'>): void {
    this.lastSeq = Math.max(this.lastSeq, lastSeq);
    for (const command of [...commands].reverse()) this.cache(command);
  }

  /** Returns the next position in the total order of commands. */
  nextSeq(): number {
    return ++this.lastSeq;
  }

  /**
   * Returns the answer to a command: that of `work`, or the earlier one.
   * @param content identifies the command, together with its action and sender; JSON
   * @param resume continues with what an attempt stored that seemed to fail
   * @throws PaydayError `bad_request` for a bad id, `command_conflict`, and whatever `work` throws (the id is then free again)
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

  /** Returns the answer of a command that turned out to be stored already. @throws PaydayError `command_conflict` */
  answerOf<T extends object>(stored: StoredCommand, hash: string): T {
    assertSame(stored.commandId, hash, stored.hash);
    this.cache(stored);
    return structuredClone(stored.result) as T;
  }

  /** Marks a command as possibly stored. */
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
      `The command id ${commandId} was used for another command or by another sender. Choose a new id for each command.`,
    );
}

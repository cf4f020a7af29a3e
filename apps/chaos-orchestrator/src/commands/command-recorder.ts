import { Inject, Injectable } from '@nestjs/common';
import { PaydayError, messageOf } from '#kernel';
import type { Logger } from '#runtime';
import { ChangeFeed } from '../games/change-feed.js';
import {
  CHAOS_STORE,
  type AuditNote,
  type ChaosStore,
  type CommandChanges,
  type StoredCommand,
} from '../store/store.js';
import { CHAOS_LOGGER } from '../telemetry.js';
import { IdempotencyStore } from './idempotency-store.js';
import type { CommandMeta, CommandResult } from './types.js';

/** Stores commands with their effects, and announces them. */
@Injectable()
export class CommandRecorder {
  constructor(
    @Inject(CHAOS_STORE) private readonly store: ChaosStore,
    @Inject(IdempotencyStore) private readonly idempotency: IdempotencyStore,
    @Inject(ChangeFeed) private readonly feed: ChangeFeed,
    @Inject(CHAOS_LOGGER) private readonly logger: Logger,
  ) {}

  /** Stores a command, then applies it. @param apply returns the command's part of the result */
  async record<T extends CommandResult>(
    { commandId }: CommandMeta,
    action: string,
    hash: string,
    changes: CommandChanges,
    apply: () => Omit<T, keyof CommandResult>,
  ): Promise<T> {
    const seq = this.idempotency.nextSeq();
    const { details, ...note } = changes.audit;
    const audit: AuditNote = { ...note, details: { ...details, commandId, seq } };
    const command = { commandId, seq, action, hash, result: null };
    const before = await this.take(command, { ...changes, audit });
    if (before !== null && before.result !== null) return this.idempotency.answerOf<T>(before, hash);
    const result = { commandId, seq: before?.seq ?? seq, at: audit.at, ...apply() } as T;
    this.announce(result.seq, audit);
    // The answer only repeats stored state: without it, repeating the command has the same effect.
    void this.store.finishCommand(commandId, result, null).catch((error: unknown) => {
      this.logger.warn(
        { err: error, commandId },
        `the answer to a command was not stored: ${messageOf(error)}`,
      );
    });
    return result;
  }

  /**
   * Takes a command in the store; null: taken, otherwise the command that had the id before.
   * @throws PaydayError `unavailable` (retryable) if it is unknown whether it was stored
   */
  async take(command: StoredCommand, changes: CommandChanges): Promise<StoredCommand | null> {
    try {
      return await this.store.takeCommand(command, changes);
    } catch (error) {
      if (error instanceof PaydayError && !error.retryable) throw error;
      this.idempotency.markInDoubt(command.commandId);
      throw new PaydayError(
        'unavailable',
        `The command could not be stored: ${messageOf(error)}. Send it again.`,
        { retryable: true, cause: error },
      );
    }
  }

  /** Logs and publishes a command that was carried out. */
  announce(seq: number, { at, actor, action, subject, details }: AuditNote): void {
    this.logger.info({ seq, actor: actor.label, ...subject }, `${action} by ${actor.label}`);
    this.feed.publish(() => ({
      type: 'command',
      gameId: subject['game'] ?? null,
      seq,
      at,
      actor,
      action,
      subject,
      details,
    }));
  }
}

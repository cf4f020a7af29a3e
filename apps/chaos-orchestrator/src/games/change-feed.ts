import { Inject, Injectable } from '@nestjs/common';
import { messageOf } from '#kernel';
import type { Logger } from '#runtime';
import type { ChaosChange } from '../commands/types.js';
import { CHAOS_LOGGER } from '../telemetry.js';

/** Fan-out of changes to faults, timelines and commands. */
@Injectable()
export class ChangeFeed {
  private readonly listeners = new Set<(change: ChaosChange) => void>();

  constructor(@Inject(CHAOS_LOGGER) private readonly logger: Logger) {}

  /** Calls `listener` for every change from now on. @returns a function that unsubscribes */
  watch(listener: (change: ChaosChange) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** @param change creates the change; called only if there is a listener */
  publish(change: () => ChaosChange): void {
    if (this.listeners.size === 0) return;
    const made = change();
    for (const listener of this.listeners) {
      try {
        listener(made);
      } catch (error) {
        this.logger.error({ err: error }, `a listener for chaos changes failed: ${messageOf(error)}`);
      }
    }
  }
}

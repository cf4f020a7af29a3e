import { Inject, Injectable } from '@nestjs/common';
import { PaydayError } from '#kernel';
import type { FaultSelector } from '../faults/fault-selector.js';
import { ChangeFeed } from '../games/change-feed.js';
import type { Recovered } from '../store/store.js';
import { ChaosMetrics } from '../telemetry.js';
import type { CommandHandler } from './command-handler.js';
import { PauseTimelineHandler, ResumeTimelineHandler } from './hold-handlers.js';
import { IdempotencyStore } from './idempotency-store.js';
import { InjectHandler } from './inject-handler.js';
import { ListHandler } from './list-handler.js';
import { SkipHandler } from './skip-handler.js';
import { StopAllHandler, StopHandler } from './stop-handlers.js';
import type {
  ChaosChange,
  ChaosCommands,
  ChaosList,
  CommandMeta,
  InjectCommand,
  InjectPreview,
  InjectRequest,
  InjectResult,
  ListFilter,
  SkipCommand,
  StopAllCommand,
  StopCommand,
  StopResult,
  TimelineCommand,
  TimelineResult,
} from './types.js';

/** Injection token of `ChaosCommands`. */
export const CHAOS_COMMANDS = Symbol('ChaosCommands');

/** Passes each command to its handler, once per command id; see `ChaosCommands` for the guarantees. */
@Injectable()
export class CommandBus implements ChaosCommands {
  private isOpen = false;

  constructor(
    @Inject(IdempotencyStore) private readonly idempotency: IdempotencyStore,
    @Inject(ChaosMetrics) private readonly metrics: ChaosMetrics,
    @Inject(ChangeFeed) private readonly feed: ChangeFeed,
    @Inject(InjectHandler) private readonly injectHandler: InjectHandler,
    @Inject(StopHandler) private readonly stopHandler: StopHandler,
    @Inject(StopAllHandler) private readonly stopAllHandler: StopAllHandler,
    @Inject(PauseTimelineHandler) private readonly pauseHandler: PauseTimelineHandler,
    @Inject(ResumeTimelineHandler) private readonly resumeHandler: ResumeTimelineHandler,
    @Inject(SkipHandler) private readonly skipHandler: SkipHandler,
    @Inject(ListHandler) private readonly listHandler: ListHandler,
  ) {}

  /** Starts to accept commands. */
  open(recovered: Pick<Recovered, 'lastSeq' | 'commands'>): void {
    this.idempotency.restore(recovered);
    this.isOpen = true;
  }

  close(): void {
    this.isOpen = false;
    this.stopHandler.close();
    this.stopAllHandler.close();
  }

  async preview(request: InjectRequest): Promise<InjectPreview> {
    this.assertOpen();
    return this.injectHandler.preview(request);
  }

  inject(command: InjectCommand): Promise<InjectResult> {
    return this.run(this.injectHandler, command);
  }

  stop(selector: FaultSelector, command: StopCommand): Promise<StopResult> {
    return this.run(this.stopHandler, { ...command, selector });
  }

  stopAll(command: StopAllCommand): Promise<StopResult> {
    return this.run(this.stopAllHandler, command);
  }

  list(filter: ListFilter): ChaosList {
    return this.listHandler.list(filter);
  }

  pauseTimeline(command: TimelineCommand): Promise<TimelineResult> {
    return this.run(this.pauseHandler, command);
  }

  resumeTimeline(command: TimelineCommand): Promise<TimelineResult> {
    return this.run(this.resumeHandler, command);
  }

  skipEntry(command: SkipCommand): Promise<TimelineResult> {
    return this.run(this.skipHandler, command);
  }

  watch(listener: (change: ChaosChange) => void): () => void {
    return this.feed.watch(listener);
  }

  private async run<C extends CommandMeta, R extends object>(
    handler: CommandHandler<C, R>,
    command: C,
  ): Promise<R> {
    const { action } = handler;
    try {
      this.assertOpen();
      const result = await this.idempotency.runOnce(
        command,
        action,
        handler.contentOf(command),
        (execution) => handler.execute(command, execution),
        () => handler.resume?.(command) ?? Promise.resolve(),
      );
      this.metrics.countCommand(action, 'done');
      return result;
    } catch (error) {
      this.metrics.countCommand(action, error instanceof PaydayError ? error.code : 'failed');
      throw error;
    }
  }

  private assertOpen(): void {
    if (!this.isOpen)
      throw new PaydayError('unavailable', 'The orchestrator is still starting; send it again in a second.', {
        retryable: true,
      });
  }
}

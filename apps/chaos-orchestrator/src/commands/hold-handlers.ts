import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#kernel';
import { CLOCK } from '#runtime';
import { Timelines } from '../timeline/timelines.js';
import type { CommandHandler } from './command-handler.js';
import { CommandRecorder } from './command-recorder.js';
import type { Execution } from './idempotency-store.js';
import { CommandQueue } from './command-queue.js';
import { StopCounter } from './stop-counter.js';
import type { TimelineCommand, TimelineResult } from './types.js';

@Injectable()
abstract class HoldHandler implements CommandHandler<TimelineCommand, TimelineResult> {
  abstract readonly action: 'pause' | 'resume';

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(Timelines) private readonly timelines: Timelines,
    @Inject(CommandQueue) private readonly queue: CommandQueue,
    @Inject(StopCounter) private readonly stops: StopCounter,
    @Inject(CommandRecorder) private readonly recorder: CommandRecorder,
  ) {}

  contentOf({ gameId }: TimelineCommand): object {
    return { gameId };
  }

  execute(command: TimelineCommand, { hash }: Execution): Promise<TimelineResult> {
    const { gameId, actor } = command;
    const { action } = this;
    const held = action === 'pause';
    return this.queue.run(async () => {
      const timeline = this.timelines.get(gameId);
      const stopsBefore = this.stops.countFor(gameId);
      const audit = {
        at: this.clock.nowMs(),
        actor,
        action: `timeline.${action}d`,
        subject: { game: gameId },
        details: {},
      };
      const changes = { holds: [{ gameId, held }], audit };
      return this.recorder.record<TimelineResult>(command, action, hash, changes, () => {
        // A panic stop that arrives while a resumption is being stored comes later and wins.
        if (held || this.stops.countFor(gameId) === stopsBefore) timeline.setHeld(held);
        return { timeline: timeline.describe() };
      });
    });
  }
}

/** Holds a timeline. */
@Injectable()
export class PauseTimelineHandler extends HoldHandler {
  readonly action = 'pause';
}

/** Resumes a held timeline. */
@Injectable()
export class ResumeTimelineHandler extends HoldHandler {
  readonly action = 'resume';
}

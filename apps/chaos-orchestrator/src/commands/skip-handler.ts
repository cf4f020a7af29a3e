import { Inject, Injectable } from '@nestjs/common';
import { PaydayError, type Clock } from '#kernel';
import { CLOCK } from '#runtime';
import type { AuditNote, DoneEntry } from '../store/store.js';
import { Timelines } from '../timeline/timelines.js';
import type { CommandHandler } from './command-handler.js';
import { CommandRecorder } from './command-recorder.js';
import type { Execution } from './idempotency-store.js';
import { CommandQueue } from './command-queue.js';
import type { SkipCommand, TimelineResult } from './types.js';

/** Takes one entry out of a timeline. */
@Injectable()
export class SkipHandler implements CommandHandler<SkipCommand, TimelineResult> {
  readonly action = 'skip';

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(Timelines) private readonly timelines: Timelines,
    @Inject(CommandQueue) private readonly queue: CommandQueue,
    @Inject(CommandRecorder) private readonly recorder: CommandRecorder,
  ) {}

  contentOf({ gameId, entryId }: SkipCommand): object {
    return { gameId, entryId };
  }

  execute(command: SkipCommand, { hash, inDoubt }: Execution): Promise<TimelineResult> {
    const { gameId, entryId, actor } = command;
    return this.queue.run(async () => {
      const timeline = this.timelines.get(gameId);
      const entry = timeline.view.scenario.timeline.find(({ id }) => id === entryId);
      if (entry === undefined)
        throw new PaydayError('not_found', `The timeline of ${gameId} has no entry "${entryId}".`);
      const before = timeline.doneEntry(entryId);
      if (before !== undefined && !inDoubt)
        throw new PaydayError(
          'wrong_state',
          `The entry ${entryId} can't be skipped: it is already ${before.outcome}.`,
        );
      const at = this.clock.nowMs();
      const detail = `taken out by ${actor.label}`;
      const done: DoneEntry = { gameId, entryId, outcome: 'skipped', detail, at };
      const subject = { game: gameId, entry: entryId };
      const audit: AuditNote = { at, actor, action: 'timeline.skipped', subject, details: {} };
      return this.recorder.record<TimelineResult>(command, this.action, hash, { entry: done, audit }, () => {
        timeline.recordEntry(done);
        return { timeline: timeline.describe() };
      });
    });
  }
}

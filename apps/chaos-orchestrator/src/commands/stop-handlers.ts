import { Inject, Injectable } from '@nestjs/common';
import type { FaultInfo } from '#contracts';
import { PaydayError, messageOf, type Clock, type Timers } from '#kernel';
import { CLOCK, type Logger } from '#runtime';
import { FaultLog } from '../faults/fault-log.js';
import type { FaultSelector } from '../faults/fault-selector.js';
import { FaultSupervisor, type Stopping } from '../faults/fault-supervisor.js';
import { TIMERS } from '../faults/tokens.js';
import { CHAOS_STORE, type AuditNote, type ChaosStore } from '../store/store.js';
import { CHAOS_LOGGER } from '../telemetry.js';
import { Timelines } from '../timeline/timelines.js';
import type { CommandHandler } from './command-handler.js';
import { CommandRecorder } from './command-recorder.js';
import { IdempotencyStore, type Execution } from './idempotency-store.js';
import { CommandQueue } from './command-queue.js';
import { StopCounter } from './stop-counter.js';
import type { Actor, StopAllCommand, StopCommand, StopResult } from './types.js';

/** How long a stop waits for its faults, and its latest answer, recorded or not. */
const FAULTS_WITHIN_MS = 1_600;
const ANSWERED_WITHIN_MS = 1_850;
/** Delay after a failure to store. */
const RETRY_MS = 500;

/** One stop: what it stops and how the audit log names it. */
interface Halt {
  readonly selector: FaultSelector;
  readonly auditAction: string;
  /** Games whose timelines are held from now on. */
  readonly heldTimelines: readonly string[];
}

/**
 * Stops faults immediately: calls the drivers first and stores the command afterwards. A hanging driver or an unavailable
 * database delays neither the other faults nor the answer.
 */
@Injectable()
abstract class HaltHandler {
  abstract readonly action: string;
  private closed = false;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(TIMERS) private readonly timers: Timers,
    @Inject(CHAOS_LOGGER) private readonly logger: Logger,
    @Inject(CHAOS_STORE) private readonly store: ChaosStore,
    @Inject(FaultSupervisor) private readonly supervisor: FaultSupervisor,
    @Inject(FaultLog) private readonly faultLog: FaultLog,
    @Inject(Timelines) protected readonly timelines: Timelines,
    @Inject(StopCounter) protected readonly stops: StopCounter,
    @Inject(CommandQueue) private readonly queue: CommandQueue,
    @Inject(IdempotencyStore) private readonly idempotency: IdempotencyStore,
    @Inject(CommandRecorder) private readonly recorder: CommandRecorder,
  ) {}

  /** Abandons what could not be stored. */
  close(): void {
    this.closed = true;
  }

  protected async halt(
    { commandId, actor, reason }: StopCommand,
    { hash }: Execution,
    { selector, auditAction, heldTimelines }: Halt,
    assertWanted: (stopping: Stopping) => void = () => undefined,
  ): Promise<StopResult> {
    const at = this.clock.nowMs();
    const startedMs = this.clock.monotonicMs();
    const why = reason === undefined ? '' : `: ${reason}`;
    const stopping = this.supervisor.stop(selector, `stopped by hand (${actor.label})${why}`);
    assertWanted(stopping);

    const seq = this.idempotency.nextSeq();
    const subject = subjectOf(selector);
    const faults = stopping.infos().map(({ id }) => id);
    const details = { commandId, seq, reason: reason ?? 'stopped by hand', faults, heldTimelines };
    const audit: AuditNote = { at, actor, action: auditAction, subject, details };
    const holds = heldTimelines.map((gameId) => ({ gameId, held: true }));
    const command = { commandId, seq, action: this.action, hash, result: null };
    // Stored in turn with the other commands, so that the last one stored is the last one given.
    const stored = this.insist(() => this.queue.run(() => this.store.takeCommand(command, { holds, audit })));
    this.recorder.announce(seq, audit);

    await this.within(stopping.gone, FAULTS_WITHIN_MS);
    const infos = stopping.infos();
    const verified = infos.filter(({ state }) => state === 'reverted');
    const unverified = infos.filter(({ state }) => state !== 'reverted');
    const result = { commandId, seq, at, verified, unverified, heldTimelines, recorded: true };
    const outcome = outcomeNote(this.clock.nowMs(), actor, `${auditAction}.reported`, subject, result);
    const finished = stored
      .then(() => this.faultLog.flushed())
      .then(() => this.insist(() => this.store.finishCommand(commandId, result, outcome)));
    const elapsedMs = this.clock.monotonicMs() - startedMs;
    return { ...result, recorded: await this.within(finished, ANSWERED_WITHIN_MS - elapsedMs) };
  }

  /** Retries until it works or the process ends. */
  private async insist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        this.logger.error({ err: error }, `a stop could not be stored: ${messageOf(error)}`);
        if (this.closed) return new Promise(() => undefined);
        await new Promise<void>((resolve) => this.timers.after(RETRY_MS, resolve));
      }
    }
  }

  /** Waits for a limited time. @returns whether `work` finished in time */
  private async within(work: Promise<unknown>, withinMs: number): Promise<boolean> {
    let cancel = (): void => undefined;
    const late = new Promise<boolean>((resolve) => {
      cancel = this.timers.after(Math.max(0, withinMs), () => resolve(false));
    });
    const inTime = await Promise.race([work.then(() => true), late]);
    cancel();
    return inTime;
  }
}

/** A stop of selected faults. */
export interface SelectiveStop extends StopCommand {
  readonly selector: FaultSelector;
}

/** Stops selected faults. */
@Injectable()
export class StopHandler extends HaltHandler implements CommandHandler<SelectiveStop, StopResult> {
  readonly action = 'stop';

  contentOf({ selector, reason }: SelectiveStop): object {
    return { selector, reason };
  }

  execute(command: SelectiveStop, execution: Execution): Promise<StopResult> {
    const halt = { selector: command.selector, auditAction: 'fault.stopped', heldTimelines: [] };
    return this.halt(command, execution, halt, (stopping) => {
      if (stopping.infos().length === 0 && !execution.inDoubt)
        throw new PaydayError('unknown_fault', 'No unfinished fault matches; there is nothing to stop.');
    });
  }
}

/** Stops every fault of one game or of all games, and holds the timelines. */
@Injectable()
export class StopAllHandler extends HaltHandler implements CommandHandler<StopAllCommand, StopResult> {
  readonly action = 'stop-all';

  contentOf({ gameId, reason }: StopAllCommand): object {
    return { gameId, reason };
  }

  execute(command: StopAllCommand, execution: Execution): Promise<StopResult> {
    const { gameId } = command;
    this.stops.increment(gameId);
    const timelines = this.timelines.open(gameId);
    for (const timeline of timelines) timeline.setHeld(true);
    const selector = gameId === undefined ? {} : { gameId };
    const heldTimelines = timelines.map(({ view }) => view.gameId);
    return this.halt(command, execution, { selector, auditAction: 'chaos.stopped', heldTimelines });
  }
}

function subjectOf({ gameId, injectionId, faultId, teamId }: FaultSelector): Record<string, string> {
  const named = { game: gameId, injection: injectionId, fault: faultId, team: teamId };
  return Object.fromEntries(
    Object.entries(named).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

function outcomeNote(
  at: number,
  actor: Actor,
  action: string,
  subject: Record<string, string>,
  { commandId, seq, verified, unverified }: StopResult,
): AuditNote {
  const why = (info: FaultInfo): string =>
    `${info.id}: ${info.state}${info.detail === '' ? '' : `, ${info.detail}`}`;
  const details = { commandId, seq, verified: verified.length, unverified: unverified.map(why) };
  return { at, actor, action, subject, details };
}

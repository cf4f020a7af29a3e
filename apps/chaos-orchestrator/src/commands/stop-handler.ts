import type { FaultInfo } from '#contracts';
import { PaydayError, messageOf, type Clock, type Timers } from '#kernel';
import type { Logger } from '#runtime';
import type { FaultSupervisor } from '../fault-supervisor.js';
import type { FaultSelector } from '../fault-selector.js';
import type { GameTimeline } from '../game-timeline.js';
import { isOver } from '../game-view.js';
import type { AuditNote, ChaosStore } from '../store.js';
import type { IdempotencyStore, Execution } from './idempotency-store.js';
import type { SerialQueue } from './serial-queue.js';
import type { Actor, StopAllCommand, StopCommand, StopResult } from './types.js';

/** How long faults are waited for, and when a stop is answered at the latest, recorded or not. */
const FAULTS_WITHIN_MS = 1_600;
const ANSWERED_WITHIN_MS = 1_850;
/** After a failure to store: the next try. */
const RETRY_MS = 500;

export interface StopParts {
  clock: Clock;
  timers: Timers;
  logger: Logger;
  store: Pick<ChaosStore, 'takeCommand' | 'finishCommand'>;
  supervisor: FaultSupervisor;
  idempotency: IdempotencyStore;
  queue: SerialQueue;
  flushed(): Promise<void>;
  timelines(): Iterable<GameTimeline>;
  announceCommand(seq: number, note: AuditNote): void;
}

/**
 * Stops faults at once, whatever else is going on: first the drivers are called, then it is written down. A driver that
 * hangs, or a database that is away, delays neither the other faults nor the answer.
 */
export class StopHandler {
  private everywhere = 0;
  private readonly byGame = new Map<string, number>();
  private closed = false;

  constructor(private readonly parts: StopParts) {}

  /** Grows whenever everything was stopped, here or everywhere. */
  countFor(gameId: string): number {
    return this.everywhere + (this.byGame.get(gameId) ?? 0);
  }

  stop(selector: FaultSelector, command: StopCommand, execution: Execution): Promise<StopResult> {
    return this.halt(command, execution, { action: 'stop', done: 'fault.stopped', selector, timelines: [] });
  }

  stopAll(command: StopAllCommand, execution: Execution): Promise<StopResult> {
    const { gameId } = command;
    if (gameId === undefined) this.everywhere++;
    else this.byGame.set(gameId, (this.byGame.get(gameId) ?? 0) + 1);
    const nowMs = this.parts.clock.nowMs();
    const timelines = [...this.parts.timelines()].filter(
      ({ view }) => (gameId ?? view.gameId) === view.gameId && !isOver(view, nowMs),
    );
    for (const timeline of timelines) timeline.setHeld(true);
    const selector = gameId === undefined ? {} : { gameId };
    return this.halt(command, execution, { action: 'stop-all', done: 'chaos.stopped', selector, timelines });
  }

  /** Gives up storing what could not be stored. */
  close(): void {
    this.closed = true;
  }

  private async halt(
    { commandId, actor, reason }: StopCommand,
    { hash, inDoubt }: Execution,
    what: { action: string; done: string; selector: FaultSelector; timelines: readonly GameTimeline[] },
  ): Promise<StopResult> {
    const { clock, supervisor, idempotency, store, flushed } = this.parts;
    const { action, done, selector, timelines } = what;
    const at = clock.nowMs();
    const begunMs = clock.monotonicMs();
    const why = reason === undefined ? '' : `: ${reason}`;
    const stopping = supervisor.stop(selector, `stopped by hand (${actor.label})${why}`);
    if (action === 'stop' && stopping.infos().length === 0 && !inDoubt)
      throw new PaydayError('unknown_fault', 'No fault that is not over yet fits; there is nothing to stop.');

    const seq = idempotency.nextSeq();
    const heldTimelines = timelines.map(({ view }) => view.gameId);
    const subject = subjectOf(selector);
    const audit: AuditNote = {
      ...{ at, actor, action: done, subject },
      details: {
        commandId,
        seq,
        reason: reason ?? 'stopped by hand',
        faults: stopping.infos().map(({ id }) => id),
        heldTimelines,
      },
    };
    const holds = heldTimelines.map((gameId) => ({ gameId, held: true }));
    // In turn with the other commands, so that what is stored last is what came last.
    const stored = this.insist(() =>
      this.parts.queue.run(() =>
        store.takeCommand({ commandId, seq, action, hash, result: null }, { holds, audit }),
      ),
    );
    this.parts.announceCommand(seq, audit);

    await this.within(stopping.gone, FAULTS_WITHIN_MS);
    const infos = stopping.infos();
    const result: StopResult = {
      ...{ commandId, seq, at, heldTimelines, recorded: true },
      verified: infos.filter(({ state }) => state === 'reverted'),
      unverified: infos.filter(({ state }) => state !== 'reverted'),
    };
    const outcome = outcomeNote(clock.nowMs(), actor, `${done}.reported`, subject, result);
    const finished = stored
      .then(() => flushed())
      .then(() => this.insist(() => store.finishCommand(commandId, result, outcome)));
    const recorded = await this.within(finished, ANSWERED_WITHIN_MS - (clock.monotonicMs() - begunMs));
    return { ...result, recorded };
  }

  /** Tries until it works, or the process ends. */
  private async insist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const { logger, timers } = this.parts;
        logger.error({ err: error }, `a stop could not be stored: ${messageOf(error)}`);
        if (this.closed) return new Promise(() => undefined);
        await new Promise<void>((resolve) => timers.after(RETRY_MS, resolve));
      }
    }
  }

  /** Waits, but not for ever. @returns whether it came in time */
  private async within(work: Promise<unknown>, withinMs: number): Promise<boolean> {
    let cancel = (): void => undefined;
    const late = new Promise<boolean>((resolve) => {
      cancel = this.parts.timers.after(Math.max(0, withinMs), () => resolve(false));
    });
    const inTime = await Promise.race([work.then(() => true), late]);
    cancel();
    return inTime;
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

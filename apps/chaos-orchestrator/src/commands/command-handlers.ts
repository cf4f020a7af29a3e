import { arm, type DriverRegistry, type FaultTarget } from '#faults';
import { PaydayError, messageOf, type Clock, type Timers } from '#kernel';
import type { Logger } from '#runtime';
import type { FaultSupervisor } from '../fault-supervisor.js';
import type { FaultSelector } from '../fault-selector.js';
import type { GameTimeline } from '../game-timeline.js';
import { isOver, type GameView } from '../game-view.js';
import type { ChaosMetrics } from '../metrics.js';
import type { AuditNote, ChaosStore, CommandChanges, DoneEntry, Recovered } from '../store.js';
import { IdempotencyStore, type Execution } from './idempotency-store.js';
import { checkPreview, planInjection } from './plan-injection.js';
import { StopHandler } from './stop-handler.js';
import { SerialQueue } from './serial-queue.js';
import type {
  Actor,
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

export interface CommandParts {
  clock: Clock;
  timers: Timers;
  logger: Logger;
  store: ChaosStore;
  supervisor: FaultSupervisor;
  drivers: DriverRegistry;
  metrics: ChaosMetrics;
  /** Resolves when every state of every fault so far is stored. */
  flushed(): Promise<void>;
  targetOf(gameId: string, teamId: string): FaultTarget | null;
  viewOf(gameId: string): GameView | undefined;
  timelines(): Iterable<GameTimeline>;
  timelineOf(gameId: string): GameTimeline | undefined;
  adopt(gameId: string, injectionId: string): Promise<void>;
}

/** Carries out what facilitators command; see `ChaosCommands` for the guarantees. */
export class CommandHandlers implements ChaosCommands {
  private readonly idempotency: IdempotencyStore;
  private readonly queue = new SerialQueue();
  private readonly stopHandler: StopHandler;
  private readonly listeners = new Set<(change: ChaosChange) => void>();
  private isOpen = false;

  constructor(private readonly parts: CommandParts) {
    this.idempotency = new IdempotencyStore(parts.store);
    this.stopHandler = new StopHandler({
      ...parts,
      idempotency: this.idempotency,
      queue: this.queue,
      announceCommand: (seq, auditNote) => this.announceCommand(seq, auditNote),
    });
  }

  /** Begins to take commands. */
  open(recovered: Pick<Recovered, 'lastSeq' | 'commands'>): void {
    this.idempotency.restore(recovered);
    this.isOpen = true;
  }

  close(): void {
    this.isOpen = false;
    this.stopHandler.close();
  }

  async preview(request: InjectRequest): Promise<InjectPreview> {
    this.assertOpen();
    return this.plan(request);
  }

  inject(command: InjectCommand): Promise<InjectResult> {
    const { request, confirm, previewId } = command;
    const inTurn = ({ hash }: Execution): Promise<InjectResult> => {
      const stopsBefore = this.stopHandler.countFor(request.gameId);
      return this.queue.run(async () => {
        if (this.stopHandler.countFor(request.gameId) !== stopsBefore)
          throw new PaydayError(
            'wrong_state',
            'Everything was stopped meanwhile. Inject it again if you still want it.',
          );
        return this.strike(command, hash);
      });
    };
    // Stored by an attempt that seemed to fail, its faults have nobody who drives them.
    const resume = (): Promise<void> => this.parts.adopt(request.gameId, injectionIdOf(command));
    return this.runOnce(command, 'inject', { request, confirm, previewId }, inTurn, resume);
  }

  stop(selector: FaultSelector, command: StopCommand): Promise<StopResult> {
    const { reason } = command;
    return this.runOnce(command, 'stop', { selector, reason }, (execution) =>
      this.stopHandler.stop(selector, command, execution),
    );
  }

  stopAll(command: StopAllCommand): Promise<StopResult> {
    const { gameId, reason } = command;
    return this.runOnce(command, 'stop-all', { gameId, reason }, (execution) =>
      this.stopHandler.stopAll(command, execution),
    );
  }

  list({ gameId, teamId, unfinished = false }: ListFilter): ChaosList {
    const { supervisor, timelines, clock } = this.parts;
    const nowMs = clock.nowMs();
    const faults = [...supervisor.openFaults(), ...(unfinished ? [] : supervisor.recentFaults())]
      .filter((each) => (gameId ?? each.gameId) === each.gameId)
      .filter(({ info }) => (teamId ?? info.teamId) === info.teamId)
      .map(({ info }) => info);
    const shown = [...timelines()].filter(
      ({ view }) => (gameId ?? view.gameId) === view.gameId && !isOver(view, nowMs),
    );
    return { faults, timelines: shown.map((timeline) => timeline.describe()) };
  }

  pauseTimeline(command: TimelineCommand): Promise<TimelineResult> {
    return this.setTimelineHeld(command, true);
  }

  resumeTimeline(command: TimelineCommand): Promise<TimelineResult> {
    return this.setTimelineHeld(command, false);
  }

  skipEntry(command: SkipCommand): Promise<TimelineResult> {
    const { gameId, entryId, actor } = command;
    return this.runOnce(command, 'skip', { gameId, entryId }, ({ hash, inDoubt }) =>
      this.queue.run(async () => {
        const timeline = this.timeline(gameId);
        const entry = timeline.view.scenario.timeline.find(({ id }) => id === entryId);
        if (entry === undefined)
          throw new PaydayError('not_found', `The timeline of ${gameId} has no entry "${entryId}".`);
        const before = timeline.doneEntry(entryId);
        if (before !== undefined && !inDoubt)
          throw new PaydayError(
            'wrong_state',
            `The entry ${entryId} can't be skipped: it is ${before.outcome} already.`,
          );
        const at = this.parts.clock.nowMs();
        const detail = `taken out by ${actor.label}`;
        const done: DoneEntry = { gameId, entryId, outcome: 'skipped', detail, at };
        const audit = auditNote(at, actor, 'timeline.skipped', { game: gameId, entry: entryId });
        return this.record<TimelineResult>(command, 'skip', hash, { entry: done, audit }, () => {
          timeline.recordEntry(done);
          return { timeline: timeline.describe() };
        });
      }),
    );
  }

  watch(listener: (change: ChaosChange) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Tells those who watch. @param change is made only if somebody does */
  emit(change: () => ChaosChange): void {
    if (this.listeners.size === 0) return;
    const made = change();
    for (const listener of this.listeners) {
      try {
        listener(made);
      } catch (error) {
        this.parts.logger.error({ err: error }, `somebody who watches the chaos failed: ${messageOf(error)}`);
      }
    }
  }

  private async strike(command: InjectCommand, hash: string): Promise<InjectResult> {
    const { supervisor, store, adopt } = this.parts;
    const { commandId, actor, request, confirm, previewId } = command;
    const plan = this.plan(request);
    if (previewId !== undefined) checkPreview(previewId, request, plan);
    if (plan.violations.length > 0)
      throw new PaydayError('chaos_limit', sentence(plan.violations.map(({ message }) => message)), {
        details: { violations: plan.violations },
        retryable: plan.violations.every(({ possibleAt }) => possibleAt !== null),
      });
    const { confirmation } = plan;
    if (confirmation !== null && confirm?.trim() !== confirmation.type)
      throw new PaydayError(
        'confirmation_required',
        `Type "${confirmation.type}" to confirm: ${confirmation.why}.`,
        { details: { confirmation } },
      );

    const { gameId, kind, serviceId, params, ttlMs, label, scoring } = request;
    const { schedule, scenario } = this.view(gameId);
    const injectionId = injectionIdOf(command);
    const faults = plan.teams
      .filter(({ struck }) => struck)
      .map(({ teamId, expectedCostCents, expectedGainCents }) =>
        arm({
          ...{ gameId, injectionId, teamId, serviceId, kind, params, label, ttlMs, scoring },
          expected: { costCents: expectedCostCents, gainCents: expectedGainCents },
          dueAt: plan.madeAt,
          windows: { originAt: schedule.startsAt!, windowMs: scenario.pay.windowMs },
        }),
      );
    const asked = plan.teams.filter(({ spared, reachable }) => spared !== null && !reachable);
    const result: InjectResult = {
      commandId,
      seq: this.idempotency.nextSeq(),
      at: plan.madeAt,
      gameId,
      injectionId,
      faults: faults.map(({ info }) => info),
      spared: asked.map(({ teamId, spared }) => ({ teamId, reason: spared! })),
    };
    const audit = auditNote(
      plan.madeAt,
      actor,
      'fault.injected',
      { game: gameId, injection: injectionId },
      {
        ...{ kind, service: serviceId, params, ttlMs, label, scoring: plan.scoring },
        ...{ commandId, seq: result.seq, teams: faults.map(({ info }) => info.teamId) },
        ...(confirmation === null ? {} : { confirmed: confirmation.type }),
      },
    );
    const stored = { commandId, seq: result.seq, action: 'inject', hash, result };
    let before: Awaited<ReturnType<ChaosStore['takeCommand']>> = null;
    const isTaken = await supervisor.strike(faults, async () => {
      before = await this.doubting(commandId, () => store.takeCommand(stored, { faults, audit }));
      return before === null;
    });
    if (!isTaken) {
      const answer = this.idempotency.answerOf<InjectResult>(before!, hash);
      // It was stored by an attempt that seemed to fail: nobody drives its faults yet.
      await adopt(gameId, injectionId);
      return answer;
    }
    this.announceCommand(result.seq, audit);
    return result;
  }

  private setTimelineHeld(command: TimelineCommand, held: boolean): Promise<TimelineResult> {
    const { gameId, actor } = command;
    const action = held ? 'pause' : 'resume';
    return this.runOnce(command, action, { gameId }, ({ hash }) =>
      this.queue.run(async () => {
        const timeline = this.timeline(gameId);
        const stopsBefore = this.stopHandler.countFor(gameId);
        const audit = auditNote(this.parts.clock.nowMs(), actor, `timeline.${action}d`, { game: gameId });
        const changes = { holds: [{ gameId, held }], audit };
        return this.record<TimelineResult>(command, action, hash, changes, () => {
          // Who stops everything while a resumption is being stored comes later, and has the last word.
          if (held || this.stopHandler.countFor(gameId) === stopsBefore) timeline.setHeld(held);
          return { timeline: timeline.describe() };
        });
      }),
    );
  }

  /** Stores a command, then does it. The answer of `act` is part of the result. */
  private async record<T extends { commandId: string; seq: number; at: number }>(
    { commandId }: CommandMeta,
    action: string,
    hash: string,
    changes: CommandChanges,
    act: () => Omit<T, 'commandId' | 'seq' | 'at'>,
  ): Promise<T> {
    const { store } = this.parts;
    const seq = this.idempotency.nextSeq();
    const { audit } = changes;
    const named = { ...audit, details: { ...audit.details, commandId, seq } };
    const command = { commandId, seq, action, hash, result: null };
    const before = await this.doubting(commandId, () =>
      store.takeCommand(command, { ...changes, audit: named }),
    );
    if (before !== null && before.result !== null) return this.idempotency.answerOf<T>(before, hash);
    const result = { commandId, seq: before?.seq ?? seq, at: audit.at, ...act() } as T;
    this.announceCommand(result.seq, named);
    // The answer only repeats what is stored: without it, the same command is carried out again, to the same effect.
    void store.finishCommand(commandId, result, null).catch((error: unknown) => {
      this.parts.logger.warn(
        { err: error, commandId },
        `the answer to a command was not stored: ${messageOf(error)}`,
      );
    });
    return result;
  }

  private plan(request: InjectRequest): InjectPreview {
    const { supervisor, drivers, targetOf, clock } = this.parts;
    const { gameId, kind } = request;
    const view = this.view(gameId);
    return planInjection(request, {
      view,
      driver: drivers.driverFor(kind),
      targetOf: (teamId) => targetOf(gameId, teamId),
      now: supervisor.chaosNow(gameId, clock.nowMs()),
      dealt: supervisor.dealtCourses(gameId),
      courses: supervisor.history(gameId).courses(),
    });
  }

  private async runOnce<T extends object>(
    command: CommandMeta,
    action: string,
    content: object,
    work: (execution: Execution) => Promise<T>,
    resume?: () => Promise<void>,
  ): Promise<T> {
    try {
      this.assertOpen();
      const result = await this.idempotency.runOnce(command, action, content, work, resume);
      this.parts.metrics.command(action, 'done');
      return result;
    } catch (error) {
      this.parts.metrics.command(action, error instanceof PaydayError ? error.code : 'failed');
      throw error;
    }
  }

  private async doubting<T>(commandId: string, store: () => Promise<T>): Promise<T> {
    try {
      return await store();
    } catch (error) {
      if (error instanceof PaydayError && !error.retryable) throw error;
      this.idempotency.markInDoubt(commandId);
      throw new PaydayError(
        'unavailable',
        `The command could not be stored: ${messageOf(error)}. Send it again.`,
        {
          retryable: true,
          cause: error,
        },
      );
    }
  }

  private announceCommand(seq: number, { at, actor, action, subject, details }: AuditNote): void {
    this.parts.logger.info({ seq, actor: actor.label, ...subject }, `${action} by ${actor.label}`);
    this.emit(() => ({
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

  private view(gameId: string): GameView {
    const view = this.parts.viewOf(gameId);
    if (view === undefined) throw new PaydayError('unknown_game', `There is no game "${gameId}".`);
    return view;
  }

  private timeline(gameId: string): GameTimeline {
    const view = this.view(gameId);
    const timeline = this.parts.timelineOf(gameId);
    if (timeline === undefined || isOver(view, this.parts.clock.nowMs()))
      throw new PaydayError('wrong_state', `The game ${gameId} is over.`);
    return timeline;
  }

  private assertOpen(): void {
    if (!this.isOpen)
      throw new PaydayError('unavailable', 'The orchestrator is still starting; send it again in a second.', {
        retryable: true,
      });
  }
}

function injectionIdOf({ commandId }: CommandMeta): string {
  return `hand.${commandId}`;
}

export function auditNote(
  at: number,
  actor: Actor,
  action: string,
  subject: Record<string, string>,
  details: Record<string, unknown> = {},
): AuditNote {
  return { at, actor, action, subject, details };
}

function sentence(parts: readonly string[]): string {
  const text = parts.join('; ');
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

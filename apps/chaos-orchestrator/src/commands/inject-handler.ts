import { Inject, Injectable } from '@nestjs/common';
import { DriverRegistry, arm, type Fault } from '#faults';
import { PaydayError, type Clock } from '#kernel';
import { CLOCK } from '#runtime';
import { FaultSupervisor } from '../faults/fault-supervisor.js';
import { GameRegistry } from '../games/game-registry.js';
import type { AuditNote, StoredCommand } from '../store/store.js';
import { FAULT_TARGETS, type FaultTargets } from '../targets/fault-targets.js';
import type { CommandHandler } from './command-handler.js';
import { CommandRecorder } from './command-recorder.js';
import { IdempotencyStore, type Execution } from './idempotency-store.js';
import { checkPreview, planInjection } from './plan-injection.js';
import { CommandQueue } from './command-queue.js';
import { StopCounter } from './stop-counter.js';
import type { CommandMeta, InjectCommand, InjectPreview, InjectRequest, InjectResult } from './types.js';

/** Injects faults by hand, and previews that. */
@Injectable()
export class InjectHandler implements CommandHandler<InjectCommand, InjectResult> {
  readonly action = 'inject';

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(GameRegistry) private readonly games: GameRegistry,
    @Inject(DriverRegistry) private readonly drivers: DriverRegistry,
    @Inject(FAULT_TARGETS) private readonly targets: FaultTargets,
    @Inject(FaultSupervisor) private readonly supervisor: FaultSupervisor,
    @Inject(CommandQueue) private readonly queue: CommandQueue,
    @Inject(StopCounter) private readonly stops: StopCounter,
    @Inject(IdempotencyStore) private readonly idempotency: IdempotencyStore,
    @Inject(CommandRecorder) private readonly recorder: CommandRecorder,
  ) {}

  preview(request: InjectRequest): InjectPreview {
    const { gameId, kind } = request;
    return planInjection(request, {
      view: this.games.get(gameId),
      driver: this.drivers.driverFor(kind),
      targetOf: (teamId) => this.targets.targetOf(gameId, teamId),
      now: this.supervisor.chaosNow(gameId, this.clock.nowMs()),
      dealt: this.supervisor.dealtCourses(gameId),
      courses: this.supervisor.courses(gameId),
    });
  }

  contentOf({ request, confirm, previewId }: InjectCommand): object {
    return { request, confirm, previewId };
  }

  execute(command: InjectCommand, { hash }: Execution): Promise<InjectResult> {
    const { gameId } = command.request;
    const stopsBefore = this.stops.countFor(gameId);
    return this.queue.run(async () => {
      if (this.stops.countFor(gameId) !== stopsBefore)
        throw new PaydayError(
          'wrong_state',
          'Everything was stopped in the meantime. Inject it again if you still want it.',
        );
      return this.strike(command, hash);
    });
  }

  /** The faults of an attempt that seemed to fail but was stored have no runner yet. */
  resume(command: InjectCommand): Promise<void> {
    return this.supervisor.adopt(command.request.gameId, injectionIdOf(command));
  }

  private async strike(command: InjectCommand, hash: string): Promise<InjectResult> {
    const plan = this.preview(command.request);
    assertAllowed(command, plan);
    const faults = this.armed(command, plan);
    const result = resultOf(command, plan, faults, this.idempotency.nextSeq());
    const audit = auditOf(command, plan, result);
    const stored = { commandId: command.commandId, seq: result.seq, action: this.action, hash, result };
    let before: StoredCommand | null = null;
    const isTaken = await this.supervisor.strike(faults, async () => {
      before = await this.recorder.take(stored, { faults, audit });
      return before === null;
    });
    if (!isTaken) {
      const answer = this.idempotency.answerOf<InjectResult>(before!, hash);
      await this.resume(command);
      return answer;
    }
    this.recorder.announce(result.seq, audit);
    return result;
  }

  private armed(command: InjectCommand, plan: InjectPreview): Fault[] {
    const { gameId, kind, serviceId, params, ttlMs, label, scoring } = command.request;
    const { schedule, scenario } = this.games.get(gameId);
    return plan.teams
      .filter(({ struck }) => struck)
      .map(({ teamId, expectedCostCents, expectedGainCents }) =>
        arm({
          gameId,
          injectionId: injectionIdOf(command),
          teamId,
          serviceId,
          kind,
          params,
          label,
          ttlMs,
          scoring,
          expected: { costCents: expectedCostCents, gainCents: expectedGainCents },
          dueAt: plan.madeAt,
          windows: { originAt: schedule.startsAt!, windowMs: scenario.pay.windowMs },
        }),
      );
  }
}

/** @throws PaydayError `wrong_state` for an outdated preview, `chaos_limit`, `confirmation_required` */
function assertAllowed({ request, confirm, previewId }: InjectCommand, plan: InjectPreview): void {
  if (previewId !== undefined) checkPreview(previewId, request, plan);
  const { violations, confirmation } = plan;
  if (violations.length > 0)
    throw new PaydayError('chaos_limit', sentence(violations.map(({ message }) => message)), {
      details: { violations },
      retryable: violations.every(({ possibleAt }) => possibleAt !== null),
    });
  if (confirmation !== null && confirm?.trim() !== confirmation.type)
    throw new PaydayError(
      'confirmation_required',
      `Type "${confirmation.type}" to confirm: ${confirmation.why}.`,
      { details: { confirmation } },
    );
}

function resultOf(
  command: InjectCommand,
  { madeAt, gameId, teams }: InjectPreview,
  faults: readonly Fault[],
  seq: number,
): InjectResult {
  return {
    commandId: command.commandId,
    seq,
    at: madeAt,
    gameId,
    injectionId: injectionIdOf(command),
    faults: faults.map(({ info }) => info),
    spared: teams.flatMap(({ teamId, spared, reachable }) =>
      spared !== null && !reachable ? [{ teamId, reason: spared }] : [],
    ),
  };
}

function auditOf(
  { commandId, actor, request }: InjectCommand,
  { madeAt, scoring, confirmation }: InjectPreview,
  { seq, gameId, injectionId, faults }: InjectResult,
): AuditNote {
  const { kind, serviceId, params, ttlMs, label } = request;
  return {
    at: madeAt,
    actor,
    action: 'fault.injected',
    subject: { game: gameId, injection: injectionId },
    details: {
      kind,
      service: serviceId,
      params,
      ttlMs,
      label,
      scoring,
      commandId,
      seq,
      teams: faults.map(({ teamId }) => teamId),
      ...(confirmation === null ? {} : { confirmed: confirmation.type }),
    },
  };
}

function injectionIdOf({ commandId }: CommandMeta): string {
  return `hand.${commandId}`;
}

function sentence(parts: readonly string[]): string {
  const text = parts.join('; ');
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

import { Inject, Injectable } from '@nestjs/common';
import {
  DriverRegistry,
  NO_MONEY,
  arm,
  expectedMoney,
  tally,
  type ExpectedMoney,
  type Fault,
  type FaultDriver,
} from '#faults';
import { messageOf, type Clock } from '#kernel';
import { CLOCK, type Logger } from '#runtime';
import type { FaultEntry } from '#scenario';
import { FaultSupervisor } from '../faults/fault-supervisor.js';
import { hasDeployed, limitsOf, standingsOf, type GameView } from '../games/game-view.js';
import { FAULT_TARGETS, type FaultTargets } from '../targets/fault-targets.js';
import { CHAOS_LOGGER } from '../telemetry.js';
import { comingStrikes } from './coming-strikes.js';
import { planEntry, type EntryPlan } from './plan-entry.js';

/** Plans the faults of timelines from the current state of the game. */
@Injectable()
export class EntryPlanner {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CHAOS_LOGGER) private readonly logger: Logger,
    @Inject(DriverRegistry) private readonly drivers: DriverRegistry,
    @Inject(FAULT_TARGETS) private readonly targets: FaultTargets,
    @Inject(FaultSupervisor) private readonly supervisor: FaultSupervisor,
  ) {}

  /** Decides whom an entry strikes now. An entry that no driver accepts strikes nobody. */
  plan(view: GameView, entry: FaultEntry, doneIds: ReadonlySet<string>): EntryPlan {
    const { gameId, scenario, seed, schedule, teams } = view;
    const nowMs = this.clock.nowMs();
    const gameMs = schedule.toGameTime(nowMs) ?? entry.atMs;
    try {
      const driver = this.drivers.driverFor(entry.kind);
      driver.checkParams(entry.kind, entry.params);
      const inReach = this.reachedBy(view, driver, entry.serviceId);
      const settled = new Set([...doneIds, entry.id]);
      const plan = planEntry(entry, {
        scenario,
        seed,
        gameMs,
        inReach,
        fit: fitOf(view, inReach, entry.serviceId),
        tallies: tally(this.supervisor.dealtCourses(gameId), standingsOf(view)),
        coming: comingStrikes(scenario, gameMs, settled, (coming) => this.poolOf(view, coming)),
        limits: limitsOf(view),
        now: this.supervisor.chaosNow(gameId, nowMs),
      });
      const spared = teams.filter(({ id }) => !inReach.includes(id)).map(({ id }) => id);
      if (spared.length === 0 || plan.teamIds.length === 0) return plan;
      const reason = `the ${driver.name} driver doesn't reach ${spared.join(', ')}`;
      return { ...plan, reasons: [...plan.reasons, reason] };
    } catch (error) {
      return { teamIds: [], ttlMs: entry.ttlMs, reasons: [messageOf(error)], retryAt: null };
    }
  }

  /** Creates the armed faults of a plan. Times are epoch ms. */
  arm(
    view: GameView,
    entry: FaultEntry,
    plan: EntryPlan,
    { dueAt, nowMs }: { dueAt: number; nowMs: number },
  ): Fault[] {
    const { scenario, schedule } = view;
    const fromMs = schedule.toGameTime(nowMs) ?? entry.atMs;
    const money = expectedMoney(scenario, { ...entry, fromMs, ttlMs: plan.ttlMs });
    return plan.teamIds.map((teamId) => armed(view, entry, teamId, plan.ttlMs, dueAt, money));
  }

  /** Logs at the start of a game, rather than in the middle of it, which entries cannot run. */
  warnOfInvalidEntries({ gameId, scenario }: GameView): void {
    for (const entry of scenario.timeline) {
      if (entry.type !== 'fault') continue;
      try {
        this.drivers.driverFor(entry.kind).checkParams(entry.kind, entry.params);
      } catch (error) {
        const message = `timeline entry ${entry.id} will be skipped: ${messageOf(error)}`;
        this.logger.error({ gameId, entryId: entry.id }, message);
      }
    }
  }

  /** Teams that a driver reaches, in the order in which they joined. */
  private reachedBy({ gameId, teams }: GameView, driver: FaultDriver, serviceId: string): string[] {
    return teams
      .map(({ id }) => id)
      .filter((teamId) => {
        const target = this.targets.targetOf(gameId, teamId);
        return target !== null && driver.reaches(target, serviceId);
      });
  }

  /** Teams that an entry may strike, as far as is known now; empty for a kind without a driver. */
  private poolOf(view: GameView, { kind, serviceId }: FaultEntry): string[] {
    if (!this.drivers.kinds.includes(kind)) return [];
    return fitOf(view, this.reachedBy(view, this.drivers.driverFor(kind), serviceId), serviceId);
  }
}

/** The reachable teams that a fault for a number of teams may choose: ranked, with the service deployed. */
function fitOf(view: GameView, inReach: readonly string[], serviceId: string): string[] {
  const ranked = new Set(view.teams.filter((team) => team.ranked).map(({ id }) => id));
  return inReach.filter((id) => ranked.has(id) && hasDeployed(view, id, serviceId));
}

function armed(
  view: GameView,
  entry: FaultEntry,
  teamId: string,
  ttlMs: number,
  dueAt: number,
  money: ExpectedMoney,
): Fault {
  const { gameId, schedule, scenario } = view;
  return arm({
    gameId,
    injectionId: entry.id,
    teamId,
    serviceId: entry.serviceId,
    kind: entry.kind,
    params: entry.params,
    label: entry.label,
    ttlMs,
    dueAt,
    scoring: entry.scoring,
    windows: { originAt: schedule.startsAt!, windowMs: scenario.pay.windowMs },
    // A team without an endpoint of the service loses nothing.
    expected: hasDeployed(view, teamId, entry.serviceId) ? money : NO_MONEY,
  });
}

import { teamKey, type GameEvent, type GameEventData, type ProbeBatch } from '#contracts';
import { AppliedSequences } from '#game';
import { countBatch } from './count-batch.js';
import { Excusals, NO_SERVICE, type Range } from './excusals.js';
import { ParkedBatches } from './parked-batches.js';
import { CompiledPay, type ScoringRules } from './pay.js';
import { WindowSchedule } from './schedule.js';
import { TeamState } from './team-state.js';
import { TeamWindow } from './team-window.js';
import type { CoreOptions, ScoringOutputs, WindowKey } from './types.js';

type Adjustment = GameEventData['dev.payday.adjustment.made'];
type Excused = GameEventData['dev.payday.windows.excused'];

/** Scoring of those teams of one game that this partition owns. */
export class GameScoring {
  readonly pay: CompiledPay;
  readonly schedule: WindowSchedule;
  readonly teams = new Map<string, TeamState>();
  /** Batches of teams not known yet, or received before the game has a start time. */
  parked = new ParkedBatches();
  /** Adjustments made before the game had a start time. */
  readonly heldAdjustments: Adjustment[] = [];
  readonly sequences = new AppliedSequences();
  private readonly serviceIndex: Map<string, number>;
  /** Every team must settle its windows again from this one on, because the schedule changed. */
  private resettleFrom: number | null = null;

  constructor(
    readonly gameId: string,
    readonly rules: ScoringRules,
    private readonly options: CoreOptions,
    schedule?: WindowSchedule,
    readonly excusals = new Excusals(),
  ) {
    this.pay = new CompiledPay(rules.pay, rules.services);
    this.schedule = schedule ?? new WindowSchedule(rules.pay.windowMs);
    this.serviceIndex = new Map(rules.services.map((service, index) => [service.id, index]));
  }

  applyEvent(event: GameEvent, nowMs: number, outputs: ScoringOutputs): void {
    if (!this.sequences.isNew(event)) return;
    this.sequences.record(event);
    if (event.type === 'dev.payday.team.added') {
      const { id } = event.data.team;
      if (this.options.owns(teamKey(this.gameId, id)) && !this.teams.has(id)) {
        const team = new TeamState(id, this.pay);
        team.dirty = true;
        this.teams.set(id, team);
      }
      this.unpark(nowMs, outputs);
    } else if (event.type === 'dev.payday.team.changed' || event.type === 'dev.payday.team.proof-changed') {
      // Name, colour, ranking and proof do not affect pay: the id and the money stay.
    } else if (event.type === 'dev.payday.adjustment.made') {
      this.adjust(event.data, outputs);
    } else if (event.type === 'dev.payday.windows.excused') {
      this.excuse(event.data);
    } else if (event.type === 'dev.payday.game.sealed') {
      this.schedule.sealed = true;
      // Every team emits a last score, which is marked final and carries what the final standings need.
      for (const team of this.teams.values()) team.dirty = true;
    } else {
      const from = this.schedule.firstAffected(event);
      this.schedule.apply(event);
      if (from !== null) this.resettleFrom = Math.max(0, Math.min(from, this.resettleFrom ?? from));
      this.unpark(nowMs, outputs);
    }
  }

  applyBatch(
    batch: ProbeBatch,
    nowMs: number,
    outputs: ScoringOutputs,
    team = this.teams.get(batch.teamId),
  ): void {
    if (this.schedule.sealed) {
      outputs.refused.push({ code: 'sealed', batch });
      return;
    }
    if (!team || this.schedule.startsAt === null) {
      if (!this.parked.add(batch)) outputs.refused.push({ code: 'too_many_parked', batch });
      return;
    }
    const service = this.serviceIndex.get(batch.serviceId);
    if (service === undefined) {
      outputs.refused.push({ code: 'unknown_service', batch });
      return;
    }
    if (!team.seenBy(batch.proberId, batch.epoch).add(batch.seq)) {
      outputs.counters.duplicateBatches++;
      return;
    }
    outputs.counters.batches++;
    countBatch(team, service, batch, this.pay, this.schedule, outputs.counters);
    team.watermarks.recordWatermark(batch.proberId, batch.epoch, batch.watermarkMs, nowMs);
    team.dirty = true;
    team.storedFrom = -1;
  }

  private adjust(data: Adjustment, outputs: ScoringOutputs): void {
    const team = this.teams.get(data.teamId);
    if (!team) return;
    if (this.schedule.startsAt === null) {
      this.heldAdjustments.push(data);
      return;
    }
    const windowIndex = Math.max(
      0,
      Math.min(this.schedule.indexOf(data.effectiveAt), this.schedule.windowCount - 1),
    );
    outputs.ledger.push({
      gameId: this.gameId,
      teamId: data.teamId,
      windowIndex,
      serviceId: '',
      reason: 'adjustment',
      counterpartyId: data.adjustmentId,
      windowStartAt: this.schedule.startOf(windowIndex),
      count: 1,
      cents: data.cents,
      histogram: null,
      samples: [],
      note: data.reason,
    });
    team.earn(windowIndex, data.cents);
    team.dirty = true;
    team.storedFrom = -1;
  }

  /** Takes windows out of a team's pay, or restores them if an excuse turns out to be shorter. */
  private excuse(data: Excused): void {
    if (this.schedule.sealed) return;
    const service = this.serviceIndex.get(data.serviceId) ?? NO_SERVICE;
    for (const { teamId, range } of this.excusals.affected(data, service)) {
      const team = this.teams.get(teamId);
      if (team === undefined || this.schedule.startsAt === null) continue;
      const [first, last] = this.windowsIn(range, team);
      team.unsettle(first, last);
    }
    this.excusals.apply(data, service);
  }

  /** First and last (inclusive) of the team's windows that begin in a range. */
  private windowsIn([from, to]: Range, team: TeamState): [number, number] {
    const { startsAt, windowMs } = this.schedule;
    const firstFrom = (at: number): number => Math.ceil((at - startsAt!) / windowMs);
    return [Math.max(0, firstFrom(from)), Math.min(firstFrom(to) - 1, team.highestWindow)];
  }

  private unpark(nowMs: number, outputs: ScoringOutputs): void {
    if (this.schedule.startsAt === null) return;
    for (const held of this.heldAdjustments.splice(0)) this.adjust(held, outputs);
    for (const batch of this.parked.takeBatches(this.gameId)) this.applyBatch(batch, nowMs, outputs);
  }

  /** Closes windows that the watermarks complete, and updates the rows and scores of everything that changed. */
  settle(nowMs: number, outputs: ScoringOutputs): void {
    if (this.schedule.startsAt === null) return;
    const resettleFrom = this.resettleFrom;
    this.resettleFrom = null;
    for (const team of this.teams.values()) {
      const advanced = !this.schedule.sealed && team.watermarks.advance(nowMs, this.options.leaseMs);
      const closable = this.schedule.sealed
        ? this.schedule.windowCount
        : Math.max(
            0,
            Math.min(this.schedule.indexOf(team.watermarks.completeUpTo), this.schedule.windowCount),
          );
      const closes = closable > team.closedBelow;
      if (!team.dirty && !advanced && !closes && resettleFrom === null) {
        if (this.schedule.sealed) team.retire();
        continue;
      }
      const closedBefore = team.closedBelow;
      if (closes) team.closedBelow = closable;
      this.settleWindows(team, closedBefore, resettleFrom, outputs);
      outputs.scores.push(team.score(this.gameId, this.schedule));
      team.dirty = false;
      team.storedFrom = -1;
      team.forget();
      if (this.schedule.sealed) team.retire();
    }
  }

  private settleWindows(
    team: TeamState,
    closedBefore: number,
    resettleFrom: number | null,
    outputs: ScoringOutputs,
  ): void {
    for (const window of team.takeUnsettled(closedBefore, resettleFrom)) {
      const startAt = this.schedule.startOf(window.index);
      const delta = window.settle(
        {
          pay: this.pay,
          gameId: this.gameId,
          teamId: team.teamId,
          startAt,
          excused: this.excusals.maskAt(team.teamId, startAt),
          // A window after the end may still score: when a pause ends, the end moves.
          paused: this.schedule.isPaused(window.index) || window.index >= this.schedule.windowCount,
          closed: window.index < team.closedBelow,
          tally: team.tally,
        },
        outputs,
      );
      team.earn(window.index, delta);
      outputs.windows.push({
        key: teamKey(this.gameId, team.teamId),
        windowIndex: window.index,
        bytes: window.encode(),
      });
    }
  }

  missingForBatch(batch: ProbeBatch): WindowKey[] {
    const team = this.teams.get(batch.teamId);
    const { startsAt, sealed } = this.schedule;
    if (!team || startsAt === null || sealed || team.storedBelow === 0 || batch.offsetMs.length === 0)
      return [];
    // Fast path: the results are almost always newer than any stored window.
    if (batch.baseIntendedAtMs >= this.schedule.startOf(team.storedBelow)) return [];
    let least = Infinity;
    let most = -Infinity;
    for (let i = 0; i < batch.offsetMs.length; i++) {
      const offset = batch.offsetMs[i]!;
      if (offset < least) least = offset;
      if (offset > most) most = offset;
    }
    const first = this.schedule.indexOf(batch.baseIntendedAtMs + least);
    const last = this.schedule.indexOf(batch.baseIntendedAtMs + most);
    return this.storedWindows(team, first, last);
  }

  missingForEvent(event: GameEvent): WindowKey[] {
    if (event.type === 'dev.payday.windows.excused') return this.missingForExcuse(event.data);
    const from = this.schedule.startsAt === null ? null : this.schedule.firstAffected(event);
    if (from === null) return [];
    return [...this.teams.values()].flatMap((team) => this.storedWindows(team, from, team.highestWindow));
  }

  private missingForExcuse(data: Excused): WindowKey[] {
    if (this.schedule.startsAt === null || this.schedule.sealed) return [];
    const service = this.serviceIndex.get(data.serviceId) ?? NO_SERVICE;
    return this.excusals.affected(data, service).flatMap(({ teamId, range }) => {
      const team = this.teams.get(teamId);
      return team === undefined ? [] : this.storedWindows(team, ...this.windowsIn(range, team));
    });
  }

  /** Stored windows that can still close: to be restored after a restart. */
  openStoredWindows(): WindowKey[] {
    return [...this.teams.values()].flatMap((team) =>
      this.storedWindows(team, team.closedBelow, team.highestWindow),
    );
  }

  private storedWindows(team: TeamState, first: number, last: number): WindowKey[] {
    const out: WindowKey[] = [];
    const key = teamKey(this.gameId, team.teamId);
    for (let index = Math.max(0, first); index <= Math.min(last, team.highestWindow); index++) {
      if (team.isStored(index)) out.push({ key, windowIndex: index });
    }
    return out;
  }

  restoreWindow(teamId: string, index: number, bytes: Uint8Array | null): void {
    const team = this.teams.get(teamId);
    if (!team || team.windows.has(index)) return;
    team.putWindow(bytes ? TeamWindow.decode(index, bytes, this.pay) : new TeamWindow(index, this.pay));
  }
}

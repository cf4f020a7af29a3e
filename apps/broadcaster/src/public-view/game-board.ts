import type { GameEvent, GameEventData, StandingsView, TeamInfo, TeamScore } from '#contracts';
import type { FrozenScore } from '#persistence';
import {
  GameSchedule,
  NO_FREEZE,
  applyFreezeEvent,
  applyGameEvent,
  hiddenFromAt,
  type FreezeFacts,
} from '#scenario';
import { Disclosure } from './disclosure.js';
import { gameView, tellLifeCycle, type GameFacts } from './life-cycle.js';
import { Narrator } from './narrator.js';
import { PublicFaults } from './public-faults.js';
import { StandingsTable } from './standings.js';
import { Ticker } from './ticker.js';

/** A public view without the numbers of the frame that carries it. */
export type PublicState = Omit<StandingsView, 'epoch' | 'seq' | 'serverAt'>;

/** One game, from its events and its teams' scores. */
export class GameBoard {
  readonly gameId: string;
  private readonly created: GameEventData['dev.payday.game.created'];
  private schedule: GameSchedule;
  private freeze: FreezeFacts = NO_FREEZE;
  /** Boundaries of freezes, in order; the last may be in the future. */
  private freezes: number[] = [];
  private readonly teams = new Map<string, TeamInfo>();
  private readonly table: StandingsTable;
  private readonly faults = new PublicFaults();
  private readonly ticker = new Ticker();
  private readonly narrator = new Narrator(this.ticker);
  private readonly gate: Disclosure;
  private readonly lastSequence = new Map<string, number>();

  /** @param createdAt when `game.created` was written, epoch ms */
  constructor(
    created: GameEventData['dev.payday.game.created'],
    readonly createdAt: number,
  ) {
    this.gameId = created.gameId;
    this.created = created;
    this.schedule = GameSchedule.lobby(created.scenario.pay.windowMs);
    this.table = new StandingsTable(created.scenario.services);
    this.gate = new Disclosure(this.table, this.narrator);
  }

  /**
   * Applies an event of this game; repeated deliveries have no effect.
   * @throws PaydayError `invalid_transition` or `invalid_schedule` if the event is not valid in this state; nothing changes
   */
  applyEvent(event: GameEvent): void {
    const last = this.lastSequence.get(event.source) ?? 0;
    if (event.sequence > 0 && event.sequence <= last) return;
    this.apply(event);
    this.lastSequence.set(event.source, Math.max(last, event.sequence));
  }

  private apply(event: GameEvent): void {
    switch (event.type) {
      case 'dev.payday.team.added': {
        const { team } = event.data;
        this.teams.set(team.id, team);
        this.table.setTeam(team);
        return this.gate.introduce(team.id);
      }
      case 'dev.payday.team.changed':
        return this.changeTeam(event);
      case 'dev.payday.fault.changed':
        return this.faults.apply(event.data.fault, event.time);
      case 'dev.payday.announcement.made': {
        const { announcementId, ...said } = event.data;
        this.ticker.addEntry({
          id: `announcement/${announcementId}`,
          at: event.time,
          event: { kind: 'announcement', ...said },
        });
        return;
      }
      case 'dev.payday.game.frozen':
      case 'dev.payday.game.thawed':
      case 'dev.payday.game.revealed':
        return this.applyFreeze(event);
      default:
        this.schedule = applyGameEvent(this.schedule, event);
    }
  }

  private changeTeam({
    data,
    time,
    sequence,
  }: Extract<GameEvent, { type: 'dev.payday.team.changed' }>): void {
    const { team } = data;
    const before = this.teams.get(team.id);
    if (before === undefined) return;
    this.teams.set(team.id, team);
    this.table.setTeam(team);
    // The ticker does not mention a rename, because its purpose may be to remove an offensive name.
    if (before.ranked === team.ranked) return;
    this.narrator.ranksAnew();
    this.ticker.addEntry({
      id: `ranked/${team.id}/${sequence}`,
      at: time,
      event: { kind: 'team_ranked', teamId: team.id, ranked: team.ranked },
    });
  }

  private applyFreeze(
    event: Extract<GameEvent, { type: `dev.payday.game.${'frozen' | 'thawed' | 'revealed'}` }>,
  ): void {
    this.freeze = applyFreezeEvent(this.freeze, event);
    if (event.type === 'dev.payday.game.frozen') this.freezes.push(event.data.fromAt);
    // A freeze that was cancelled before its boundary never took effect.
    if (event.type === 'dev.payday.game.thawed')
      this.freezes = this.freezes.filter((fromAt) => fromAt <= event.data.at);
  }

  /** Accepts a score unless a later commit of that team is known. @returns whether it was accepted */
  applyScore(score: TeamScore): boolean {
    return this.gate.applyScore(score);
  }

  /** The boundary of a freeze whose settled standings are still missing; null if none are needed. */
  awaitsStandings(nowMs: number): number | null {
    const hiddenFrom = hiddenFromAt(this.freeze, nowMs);
    return hiddenFrom !== null && this.gate.awaits(hiddenFrom) ? hiddenFrom : null;
  }

  /** Shows the settled standings of a freeze, unless it is over. */
  settle(frozenAt: number, scores: readonly FrozenScore[], nowMs: number): void {
    if (hiddenFromAt(this.freeze, nowMs) === frozenAt) this.gate.settle(frozenAt, scores, this.gameId);
  }

  /** The public view at a point in time. Unchanged arrays and rows keep their identity. */
  view(nowMs: number): PublicState {
    const { gameId, created, table, ticker, freeze, freezes } = this;
    const hiddenFrom = hiddenFromAt(freeze, nowMs);
    this.gate.discloseDue(hiddenFrom);
    const facts: GameFacts = {
      id: gameId,
      name: created.name,
      scenario: created.scenario,
      schedule: this.schedule,
      teamCount: this.teams.size,
      freeze,
      freezes,
      isFinal: this.schedule.sealedAt !== null && this.gate.isFinal(this.teams.keys()),
      hiddenFrom,
    };
    const rows = table.rows();
    const asOf = hiddenFrom ?? table.asOf();
    tellLifeCycle(ticker, facts, rows, nowMs);
    this.faults.addNews(ticker, nowMs);
    this.narrator.standings(rows, asOf, nowMs);
    return {
      game: gameView(facts, nowMs),
      asOf,
      services: created.scenario.services.map(({ id, letter }) => ({ id, letter })),
      standings: rows as PublicState['standings'],
      faults: this.faults.acting() as PublicState['faults'],
      ticker: ticker.entries() as PublicState['ticker'],
    };
  }
}

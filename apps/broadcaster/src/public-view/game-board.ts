import type { GameEvent, GameEventData, StandingsView, TeamScore } from '#contracts';
import { GameSchedule, applyGameEvent } from '#scenario';
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
  private readonly teamIds = new Set<string>();
  /** The latest score of every team, also of those whose `team.added` hasn't come yet. */
  private readonly scores = new Map<string, TeamScore>();
  private readonly table: StandingsTable;
  private readonly faults = new PublicFaults();
  private readonly ticker = new Ticker();
  private readonly narrator = new Narrator(this.ticker);
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
  }

  /**
   * Applies an event of this game once, however often it is delivered.
   * @throws PaydayError `invalid_transition` or `invalid_schedule` if it doesn't fit; nothing has changed then
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
        this.teamIds.add(team.id);
        this.table.setTeam(team);
        const score = this.scores.get(team.id);
        if (score) this.table.setScore(score);
        return;
      }
      case 'dev.payday.fault.changed':
        return this.faults.apply(event.data.fault, event.time);
      case 'dev.payday.announcement.made': {
        const { announcementId, text } = event.data;
        this.ticker.put({
          id: `announcement/${announcementId}`,
          at: event.time,
          event: { kind: 'announcement', text },
        });
        return;
      }
      default:
        this.schedule = applyGameEvent(this.schedule, event);
    }
  }

  /** Takes a score unless a later commit of that team is known. @returns whether it was taken */
  applyScore(score: TeamScore): boolean {
    const previous = this.scores.get(score.teamId);
    if (previous !== undefined && score.commitSeq <= previous.commitSeq) return false;
    this.disclose(previous, score);
    return true;
  }

  /**
   * The one gate through which salaries become public. A freeze holds scores back here and nowhere else: table,
   * narrator, frames, REST and streams know only what has passed (docs/adr/0006-public-view.md).
   */
  private disclose(previous: TeamScore | undefined, score: TeamScore): void {
    this.scores.set(score.teamId, score);
    this.table.setScore(score);
    this.narrator.score(previous, score);
  }

  /** What the public may see at a time. Arrays and rows that didn't change keep their identity. */
  view(nowMs: number): PublicState {
    const { gameId, created, table, ticker } = this;
    const facts: GameFacts = {
      id: gameId,
      name: created.name,
      scenario: created.scenario,
      schedule: this.schedule,
      teamCount: this.teamIds.size,
      frozen: false,
    };
    const rows = table.rows();
    const asOf = table.asOf();
    tellLifeCycle(ticker, facts, rows, nowMs);
    this.faults.tell(ticker, nowMs);
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

import type { GameEvent, StandingsView, TeamScore } from '#contracts';
import { Game, hiddenFromAt, type GameCreated } from '#game';
import type { FrozenScore } from '#persistence';
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
  private readonly game: Game;
  private readonly table: StandingsTable;
  private readonly faults = new PublicFaults();
  private readonly ticker = new Ticker();
  private readonly narrator = new Narrator(this.ticker);
  private readonly gate: Disclosure;

  constructor(created: GameCreated) {
    this.game = new Game(created);
    this.table = new StandingsTable(this.game.scenario.services);
    this.gate = new Disclosure(this.table, this.narrator);
  }

  get gameId(): string {
    return this.game.gameId;
  }

  /** When `game.created` was written, epoch ms. */
  get createdAt(): number {
    return this.game.createdAt;
  }

  /**
   * Applies an event of this game; repeated deliveries have no effect.
   * @throws PaydayError `invalid_transition` or `invalid_schedule` if the event is not valid in this state; nothing changes
   */
  applyEvent(event: GameEvent): void {
    const wasRanked = event.type === 'dev.payday.team.changed' && this.isRanked(event.data.team.id);
    if (!this.game.apply(event)) return;
    switch (event.type) {
      case 'dev.payday.team.added': {
        const { team } = event.data;
        this.table.setTeam(team);
        return this.gate.introduce(team.id);
      }
      case 'dev.payday.team.changed':
        return this.changeTeam(event, wasRanked);
      case 'dev.payday.fault.changed':
        return this.faults.apply(event.data.fault, event.time);
      case 'dev.payday.announcement.made': {
        const { announcementId, ...said } = event.data;
        this.ticker.addEntry({
          id: `announcement/${announcementId}`,
          at: event.time,
          event: { kind: 'announcement', ...said },
        });
      }
    }
  }

  private isRanked(teamId: string): boolean {
    return this.game.teams.get(teamId)?.ranked === true;
  }

  private changeTeam(
    { data, time, sequence }: Extract<GameEvent, { type: 'dev.payday.team.changed' }>,
    wasRanked: boolean,
  ): void {
    const { team } = data;
    this.table.setTeam(team);
    // The ticker does not mention a rename, because its purpose may be to remove an offensive name.
    if (wasRanked === team.ranked) return;
    this.narrator.ranksAnew();
    this.ticker.addEntry({
      id: `ranked/${team.id}/${sequence}`,
      at: time,
      event: { kind: 'team_ranked', teamId: team.id, ranked: team.ranked },
    });
  }

  /** Accepts a score unless a later commit of that team is known. @returns whether it was accepted */
  applyScore(score: TeamScore): boolean {
    return this.gate.applyScore(score);
  }

  /** The boundary of a freeze whose settled standings are still missing; null if none are needed. */
  awaitsStandings(nowMs: number): number | null {
    const hiddenFrom = hiddenFromAt(this.game.freeze, nowMs);
    return hiddenFrom !== null && this.gate.awaits(hiddenFrom) ? hiddenFrom : null;
  }

  /** Shows the settled standings of a freeze, unless it is over. */
  settle(frozenAt: number, scores: readonly FrozenScore[], nowMs: number): void {
    if (hiddenFromAt(this.game.freeze, nowMs) === frozenAt) this.gate.settle(frozenAt, scores, this.gameId);
  }

  /** The public view at a point in time. Unchanged arrays and rows keep their identity. */
  view(nowMs: number): PublicState {
    const { game, table, ticker } = this;
    const hiddenFrom = hiddenFromAt(game.freeze, nowMs);
    this.gate.discloseDue(hiddenFrom);
    const isFinal = game.schedule.sealedAt !== null && this.gate.isFinal(game.teams.keys());
    const facts: GameFacts = { game, isFinal, hiddenFrom };
    const rows = table.rows();
    const asOf = hiddenFrom ?? table.asOf();
    tellLifeCycle(ticker, facts, rows, nowMs);
    this.faults.addNews(ticker, nowMs);
    this.narrator.standings(rows, asOf, nowMs);
    return {
      game: gameView(facts, nowMs),
      asOf,
      services: game.scenario.services.map(({ id, letter }) => ({ id, letter })),
      standings: rows as PublicState['standings'],
      faults: this.faults.acting() as PublicState['faults'],
      ticker: ticker.entries() as PublicState['ticker'],
    };
  }
}

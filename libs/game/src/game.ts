import type { GameEvent, Scenario, TeamInfo } from '#contracts';
import { PaydayError } from '#kernel';
import { AppliedSequences } from './applied-sequences.js';
import { NO_FREEZE, applyFreezeEvent, type FreezeFacts } from './freeze.js';
import { GameSchedule } from './game-schedule.js';
import { applyScheduleEvent } from './schedule-events.js';
import { changedTeam } from './team.js';

export type GameCreated = Extract<GameEvent, { type: 'dev.payday.game.created' }>;

/**
 * One game, folded from its events in the order of their log. The fold is a pure function of the events and applies each
 * one once, however often it is delivered. Facts that only some readers need (faults, excuses, adjustments,
 * announcements) are not kept here: `apply` tells whether such an event is new, and the reader keeps its own projection.
 *
 * The collections and getters are live: they show the game after the latest event. `schedule` and `freeze` are immutable
 * values, replaced when they change.
 */
export class Game {
  readonly gameId: string;
  readonly name: string;
  readonly seed: string;
  readonly scenario: Scenario;
  /** When `game.created` was written, epoch ms. */
  readonly createdAt: number;
  /** Position of each service in the scenario, by id. */
  readonly services: ReadonlyMap<string, number>;
  private readonly sequences = new AppliedSequences();
  private readonly teamsById = new Map<string, TeamInfo>();
  private readonly urls = new Map<string, string>();
  private currentSchedule: GameSchedule;
  private currentFreeze: FreezeFacts = NO_FREEZE;
  private freezeBoundaries: readonly number[] = [];
  private isSealed = false;

  constructor(created: GameCreated) {
    const { gameId, name, seed, scenario } = created.data;
    this.gameId = gameId;
    this.name = name;
    this.seed = seed;
    this.scenario = scenario;
    this.createdAt = created.time;
    this.services = new Map(scenario.services.map(({ id }, index) => [id, index]));
    this.currentSchedule = GameSchedule.lobby(scenario.pay.windowMs);
    this.sequences.record(created);
  }

  /** By id, in the order in which they joined. */
  get teams(): ReadonlyMap<string, TeamInfo> {
    return this.teamsById;
  }

  /** URL by `<team id> <service id>`. */
  get endpoints(): ReadonlyMap<string, string> {
    return this.urls;
  }

  get schedule(): GameSchedule {
    return this.currentSchedule;
  }

  get freeze(): FreezeFacts {
    return this.currentFreeze;
  }

  /** Window boundaries of all freezes, in order, without those that were thawed before they began. The last may be ahead. */
  get freezes(): readonly number[] {
    return this.freezeBoundaries;
  }

  /**
   * Whether `game.sealed` was read: results that arrive later do not count. It holds even if the schedule refuses the
   * event, because accepting results after a seal would change a closed ledger.
   */
  get sealed(): boolean {
    return this.isSealed;
  }

  /**
   * Applies an event of this game.
   * @returns whether it is news: false for a redelivery, and for an event that tells nothing new or names an unknown team
   * @throws PaydayError `invalid_transition` or `invalid_schedule` if it does not fit the schedule. Then nothing has
   *   changed (but see `sealed`), and the event is refused again when it is redelivered.
   */
  apply(event: GameEvent): boolean {
    if (!this.sequences.isNew(event)) return false;
    const isNews = this.fold(event);
    this.sequences.record(event);
    return isNews;
  }

  /** As `apply`, but ignores an event that does not fit, also when it is redelivered. @returns whether it is news */
  tryApply(event: GameEvent): boolean {
    try {
      return this.apply(event);
    } catch (error) {
      if (!(error instanceof PaydayError)) throw error;
      this.sequences.record(event);
      return false;
    }
  }

  private fold(event: GameEvent): boolean {
    switch (event.type) {
      case 'dev.payday.game.created':
        return false;
      case 'dev.payday.team.added':
        return !this.teamsById.has(event.data.team.id) && this.setTeam(event.data.team);
      case 'dev.payday.team.changed': {
        const known = this.teamsById.get(event.data.team.id);
        const team = known && changedTeam(known, event.data.team);
        return team !== undefined && team !== known && this.setTeam(team);
      }
      case 'dev.payday.team.proof-changed':
        return this.teamsById.has(event.data.teamId);
      case 'dev.payday.endpoint.changed': {
        const { teamId, serviceId, url } = event.data;
        return this.setEndpoint(`${teamId} ${serviceId}`, url);
      }
      case 'dev.payday.game.frozen':
      case 'dev.payday.game.thawed':
      case 'dev.payday.game.revealed':
        return this.foldFreeze(event);
      case 'dev.payday.game.scheduled':
      case 'dev.payday.game.paused':
      case 'dev.payday.game.resumed':
      case 'dev.payday.game.ended':
        return this.foldSchedule(event);
      case 'dev.payday.game.sealed':
        this.isSealed = true;
        return this.foldSchedule(event);
      default:
        return true;
    }
  }

  private setTeam(team: TeamInfo): true {
    this.teamsById.set(team.id, team);
    return true;
  }

  private setEndpoint(key: string, url: string | null): boolean {
    if (url === null) return this.urls.delete(key);
    if (this.urls.get(key) === url) return false;
    this.urls.set(key, url);
    return true;
  }

  private foldSchedule(event: GameEvent): boolean {
    const before = this.currentSchedule;
    this.currentSchedule = applyScheduleEvent(before, event);
    return this.currentSchedule !== before;
  }

  private foldFreeze(event: GameEvent): boolean {
    const before = this.currentFreeze;
    this.currentFreeze = applyFreezeEvent(before, event);
    if (this.currentFreeze === before) return false;
    const { type, data } = event;
    if (type === 'dev.payday.game.frozen') this.freezeBoundaries = [...this.freezeBoundaries, data.fromAt];
    if (type === 'dev.payday.game.thawed')
      this.freezeBoundaries = this.freezeBoundaries.filter((fromAt) => fromAt <= data.at);
    return true;
  }
}

/**
 * The game that its events make, in the order of their log; null without `game.created`. Events before it, and those that
 * do not fit, are ignored.
 */
export function foldGame(events: Iterable<GameEvent>): Game | null {
  let game: Game | null = null;
  for (const event of events) {
    if (game !== null) game.tryApply(event);
    else if (event.type === 'dev.payday.game.created') game = new Game(event);
  }
  return game;
}

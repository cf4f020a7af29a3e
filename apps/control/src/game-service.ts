import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { GameEventData, Scenario, TeamInfo } from '#contracts';
import { planEnd, planOutage, planPause, planResume } from '#game';
import { type Clock, isId, PaydayError } from '#kernel';
import { type AuditActor, type Endpoint, type EntityManager, type GameEntity, GameStore } from '#persistence';
import { CLOCK } from '#runtime';
import { proofPolicy } from '#scenario';
import { systemActor } from './actor.js';
import { endpointUrl } from './endpoint-url.js';
import {
  type Change,
  type ChangedGame,
  GameChanges,
  type DomainEvent,
  gameTimes,
  refuseSealed,
  unknownGame,
  unknownTeam,
} from './game-changes.js';
import { CONTROL_OPTIONS, type ControlOptions } from './options.js';
import { proofsFor } from './teams/proof.js';
import { endpointTaken, neighboursOf, refuseDuplicates } from './teams/shared-addresses.js';
import { teamAdded } from './teams/team-service.js';

export interface NewGame {
  /** Default: the scenario's id with a random suffix. */
  id?: string;
  scenario: Scenario;
  teams: readonly TeamInfo[];
  endpoints: readonly Endpoint[];
  /** Proofs of ownership by team, for teams that already have one. Default: a new one for each team. */
  proofs?: ReadonlyMap<string, string>;
}

/**
 * Games, their life cycle and their endpoints. Every change writes its rows, its events and its audit entry in one
 * transaction (`GameChanges`).
 *
 * A game's stored state is `lobby` until it is scheduled, then `running` (also shortly before it starts), `paused`
 * from the command on, `ended`, and `sealed` once its ledger is closed and the last of it is scored.
 */
@Injectable()
export class GameService {
  private readonly recovered = new Set<string>();

  constructor(
    @Inject(GameChanges) private readonly changes: GameChanges,
    @Inject(GameStore) private readonly store: GameStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONTROL_OPTIONS) private readonly options: ControlOptions,
  ) {}

  /**
   * Creates a game in the lobby.
   * @throws PaydayError `bad_request` (a malformed id, two teams with one id, a bad URL), `unknown_team`, `unknown_service`,
   * `endpoint_taken` (two teams with one address, if services must prove ownership), `game_exists`.
   */
  async create(wanted: NewGame, actor: AuditActor): Promise<GameEntity> {
    const { scenario } = wanted;
    const teams = wanted.teams.map(({ id, name, color, ranked }) => ({ id, name, color, ranked }));
    const id = wanted.id ?? `${scenario.id.slice(0, 27).replace(/-+$/, '')}-${randomUUID().slice(0, 8)}`;
    refuseBadIds(id, teams);
    const endpoints = wanted.endpoints.map(({ teamId, serviceId, url }) => {
      if (!teams.some((team) => team.id === teamId)) throw unknownTeam(teamId);
      refuseUnknownService(scenario, serviceId);
      return { teamId, serviceId, url: endpointUrl(url) };
    });
    if (proofPolicy(scenario) !== 'off') refuseDuplicates(endpoints, []);
    const proven = proofsFor(teams, wanted.proofs);
    const { name, seed } = scenario;
    const game = {
      id,
      name,
      seed,
      scenario,
      state: 'lobby' as const,
      startsAt: null,
      endsAt: null,
      pausedAt: null,
      createdAt: this.clock.nowMs(),
      sealedAt: null,
      lastAliveAt: null,
    };
    return this.store.transaction(async (manager) => {
      if ((await this.store.find(id, manager)) !== null)
        throw new PaydayError(
          'game_exists',
          `There is a game "${id}" already; leave the id out, or choose another.`,
        );
      await this.store.insert(manager, game, proven, endpoints);
      await this.changes.write(manager, id, actor, {
        action: 'game.created',
        details: { name, scenario: scenario.id, teams: teams.length },
        events: [
          { type: 'dev.payday.game.created', data: { gameId: id, name, seed, scenario } },
          ...proven.map(teamAdded),
          ...endpoints.map((data): DomainEvent => ({ type: 'dev.payday.endpoint.changed', data })),
        ],
      });
      return (await this.store.find(id, manager))!;
    });
  }

  /**
   * Schedules the start: `startsAt` rounded up to a whole second, but at least `leadMs` ahead. May be repeated until
   * `leadMs` before the game begins; a later change might not reach every service in time.
   * @throws PaydayError `unknown_game`, `wrong_state`.
   */
  async schedule(gameId: string, startsAt: number, actor: AuditActor): Promise<ChangedGame> {
    return this.scheduleStart(gameId, startsAt, actor);
  }

  /**
   * Starts the game as soon as every service can have received the start. Repeatable until the game has begun.
   * @throws PaydayError as `schedule`
   */
  async start(gameId: string, actor: AuditActor): Promise<ChangedGame> {
    return this.scheduleStart(gameId, 'soonest', actor);
  }

  private scheduleStart(
    gameId: string,
    startsAt: number | 'soonest',
    actor: AuditActor,
  ): Promise<ChangedGame> {
    return this.changes.change(gameId, actor, async (game, manager) => {
      const nowMs = this.clock.nowMs();
      const earliestAt = nowMs + this.options.leadMs;
      const soonest = wholeSecondFrom(earliestAt);
      const planned = game.state === 'running' && game.startsAt !== null ? game.startsAt : null;
      // Started twice, for example by a double click, or a moment before it begins anyway.
      if (startsAt === 'soonest' && planned !== null && planned > nowMs && planned <= soonest)
        return { since: planned };
      const rescheduled =
        planned !== null &&
        planned >= earliestAt &&
        game.frozenAt === null &&
        (await this.store.pauses(gameId, manager)).length === 0;
      if (game.state !== 'lobby' && !rescheduled)
        throw new PaydayError(
          'wrong_state',
          planned !== null && planned > nowMs && planned < earliestAt
            ? "The game is about to begin and can't be scheduled any more."
            : `The game is ${game.state} and can't be scheduled any more.`,
        );
      const first = startsAt === 'soonest' ? soonest : Math.max(wholeSecondFrom(startsAt), soonest);
      const times = { startsAt: first, endsAt: first + game.scenario.durationMs };
      await this.store.update(manager, gameId, { ...times, state: 'running' });
      return {
        action: 'game.scheduled',
        effectiveAt: first,
        events: [{ type: 'dev.payday.game.scheduled', data: times }],
      };
    });
  }

  /** Pauses at a window boundary at least `leadMs` ahead. @throws PaydayError `unknown_game`, `wrong_state`, `game_over`. */
  async pause(gameId: string, reason: string, actor: AuditActor): Promise<ChangedGame> {
    return this.changes.change(gameId, actor, async (game, manager) => {
      const times = await gameTimes(this.store, game, manager);
      const fromAt = planPause(times, this.clock.nowMs(), this.options.leadMs);
      await this.store.addPause(manager, gameId, { fromAt, untilAt: null });
      await this.store.update(manager, gameId, { state: 'paused', pausedAt: fromAt });
      return {
        action: 'game.paused',
        details: { reason },
        effectiveAt: fromAt,
        events: [{ type: 'dev.payday.game.paused', data: { fromAt, reason } }],
      };
    });
  }

  /** Resumes at a window boundary at least `leadMs` ahead; the end moves. @throws PaydayError as `pause`. */
  async resume(gameId: string, actor: AuditActor): Promise<ChangedGame> {
    return this.changes.change(gameId, actor, (game, manager) =>
      this.resumeAt(game, manager, 'game.resumed'),
    );
  }

  /**
   * Turns an outage of the whole system into a pause, so that game clock and salaries continue where they were. The pause
   * lasts until `resumeAfterOutage`. Call it before the heartbeat runs again. It acts once per process; repeating it is
   * harmless.
   * @param lastAliveAt the last sign of life by our own clocks; default: the stored heartbeat
   */
  async recoverAfterOutage(gameId: string, lastAliveAt?: number): Promise<GameEntity> {
    if (this.recovered.has(gameId)) return this.game(gameId);
    const game = await this.recover(gameId, lastAliveAt);
    this.recovered.add(gameId);
    return game;
  }

  private recover(gameId: string, lastAliveAt?: number): Promise<GameEntity> {
    return this.changes.change(gameId, RECOVERY, async (game, manager) => {
      const alive = lastAliveAt ?? game.lastAliveAt;
      const handled = alive === null || (game.lastAliveAt !== null && game.lastAliveAt > alive);
      if (handled || game.startsAt === null || !['running', 'paused'].includes(game.state)) return NOTHING;
      const nowMs = this.clock.nowMs();
      const times = await gameTimes(this.store, game, manager);
      const fromAt = planOutage(times, alive, nowMs, this.options.leadMs);
      await this.store.update(manager, gameId, { lastAliveAt: Math.max(nowMs, alive + 1) });
      if (fromAt === null) return NOTHING;
      await this.store.addPause(manager, gameId, { fromAt, untilAt: null }, true);
      await this.store.update(manager, gameId, { state: 'paused', pausedAt: fromAt });
      return {
        action: 'game.paused',
        details: { reason: 'outage' },
        effectiveAt: fromAt,
        events: [{ type: 'dev.payday.game.paused', data: { fromAt, reason: 'outage' } }],
      };
    });
  }

  /** Whether the game has been paused since an outage, until `resumeAfterOutage`. */
  async isInOutage(gameId: string): Promise<boolean> {
    return this.store.isInOutage(gameId);
  }

  /**
   * Ends the pause that `recoverAfterOutage` began, at a window boundary at least `leadMs` ahead; the end of the game moves.
   * Call it when customers and teams are back. A game that is paused for another reason, or not paused, stays as it is.
   * @throws PaydayError `unknown_game`
   */
  async resumeAfterOutage(gameId: string): Promise<ChangedGame> {
    return this.changes.change(gameId, RECOVERY, async (game, manager) => {
      if (!(await this.store.isInOutage(gameId, manager))) return NOTHING;
      return this.resumeAt(game, manager, 'game.recovered');
    });
  }

  private async resumeAt(game: GameEntity, manager: EntityManager, action: string): Promise<Change> {
    const times = await gameTimes(this.store, game, manager);
    const plan = planResume(times, this.clock.nowMs(), this.options.leadMs);
    await this.store.closePause(manager, game.id, plan.fromAt);
    await this.store.update(manager, game.id, { state: 'running', pausedAt: null, endsAt: plan.endsAt });
    return {
      action,
      details: { endsAt: plan.endsAt },
      effectiveAt: plan.fromAt,
      events: [{ type: 'dev.payday.game.resumed', data: plan }],
    };
  }

  /** Ends the game: at its planned end if that has passed, else early. Repeatable. @throws PaydayError `unknown_game`, `wrong_state`. */
  async end(gameId: string, actor: AuditActor): Promise<ChangedGame> {
    return this.changes.change(gameId, actor, async (game, manager) => {
      if (game.state === 'ended' || game.state === 'sealed') return { since: game.endsAt };
      const times = await gameTimes(this.store, game, manager);
      const endsAt = planEnd(times, this.clock.nowMs(), this.options.leadMs);
      await this.store.closePause(manager, gameId, endsAt);
      await this.store.update(manager, gameId, { state: 'ended', endsAt, pausedAt: null });
      return {
        action: 'game.ended',
        effectiveAt: endsAt,
        events: [{ type: 'dev.payday.game.ended', data: { endsAt } }],
      };
    });
  }

  /**
   * Closes the ledger: results that arrive later do not count. The game is `sealed` a moment later, when its last score is committed
   * (`GameStore.markSealed`). Repeatable.
   * @throws PaydayError `unknown_game`, `wrong_state`.
   */
  async seal(gameId: string, actor: AuditActor): Promise<ChangedGame> {
    return this.changes.change(gameId, actor, async (game, manager) => {
      if (game.sealedAt !== null) return { since: game.sealedAt };
      const sealedAt = this.clock.nowMs();
      if (game.state !== 'ended' || sealedAt < game.endsAt!)
        throw new PaydayError(
          'wrong_state',
          'The game has not ended yet; only a game that is over is sealed.',
        );
      await this.store.update(manager, gameId, { sealedAt });
      return {
        action: 'game.sealed',
        effectiveAt: sealedAt,
        events: [{ type: 'dev.payday.game.sealed', data: { sealedAt } }],
      };
    });
  }

  /**
   * Sets a team's endpoint, or removes it with null. Without a change there is no event. Resolves to the URL as stored:
   * normalised, without a trailing slash. If services must prove ownership, an address belongs to one team only. The audit
   * entry names the other teams at the same address or server.
   * @param options `shared`: the address may be another team's as well
   * @throws PaydayError `bad_request` (URL), `endpoint_taken`, `unknown_game`, `unknown_team`, `unknown_service`, `game_over`.
   */
  async setEndpoint(
    gameId: string,
    teamId: string,
    serviceId: string,
    url: string | null,
    actor: AuditActor,
    options: { shared?: boolean } = {},
  ): Promise<string | null> {
    const wanted = url === null ? null : endpointUrl(url);
    await this.changes.change(gameId, actor, async (game, manager) => {
      refuseSealed(game);
      await this.knownTeam(gameId, teamId, manager);
      refuseUnknownService(game.scenario, serviceId);
      const { samePlace, sameServer } =
        wanted === null
          ? { samePlace: [], sameServer: [] }
          : neighboursOf({ teamId, url: wanted }, await this.store.endpoints(gameId, manager));
      const isExclusive = proofPolicy(game.scenario) !== 'off' && options.shared !== true;
      if (isExclusive && samePlace.length > 0) throw endpointTaken(wanted!);
      if (!(await this.store.setEndpoint(manager, gameId, teamId, serviceId, wanted))) return NOTHING;
      return {
        action: wanted === null ? 'endpoint.removed' : 'endpoint.set',
        subject: { team: teamId, service: serviceId },
        details: {
          url: wanted,
          ...(samePlace.length > 0 && { samePlaceAs: samePlace }),
          ...(sameServer.length > 0 && { sameServerAs: sameServer }),
        },
        events: [{ type: 'dev.payday.endpoint.changed', data: { teamId, serviceId, url: wanted } }],
      };
    });
    return wanted;
  }

  /**
   * Gives or takes an amount by hand; it counts in the current window, within the game's bounds.
   * @throws PaydayError `unknown_game`, `unknown_team`, `wrong_state` (not scheduled yet), `game_over`.
   */
  async adjust(
    gameId: string,
    adjustment: { teamId: string; cents: number; reason: string },
    actor: AuditActor,
  ): Promise<GameEventData['dev.payday.adjustment.made']> {
    let made: GameEventData['dev.payday.adjustment.made'] | undefined;
    await this.changes.change(gameId, actor, async (game, manager) => {
      refuseSealed(game);
      const { startsAt, endsAt } = game;
      if (startsAt === null || endsAt === null)
        throw new PaydayError('wrong_state', 'The game has not been scheduled yet.');
      await this.knownTeam(gameId, adjustment.teamId, manager);
      const effectiveAt = Math.max(startsAt, Math.min(this.clock.nowMs(), endsAt - 1));
      made = { adjustmentId: `adj-${randomUUID().slice(0, 13)}`, ...adjustment, effectiveAt };
      const { cents, reason } = adjustment;
      return {
        action: 'adjustment.made',
        subject: { team: adjustment.teamId, adjustment: made.adjustmentId },
        details: { cents, reason },
        effectiveAt,
        events: [{ type: 'dev.payday.adjustment.made', data: made }],
      };
    });
    return made!;
  }

  /** Publishes an announcement, in any state of the game. @throws PaydayError `unknown_game`. */
  async announce(
    gameId: string,
    announcement: { text: string; pictureUrl?: string; videoUrl?: string },
    actor: AuditActor,
  ): Promise<GameEventData['dev.payday.announcement.made']> {
    const made = { announcementId: `say-${randomUUID().slice(0, 13)}`, ...announcement };
    await this.changes.change(gameId, actor, async () => ({
      action: 'announcement.made',
      subject: { announcement: made.announcementId },
      details: announcement,
      events: [{ type: 'dev.payday.announcement.made', data: made }],
    }));
    return made;
  }

  /** The heartbeat that `recoverAfterOutage` reads. */
  async touchAlive(gameId: string, at: number): Promise<void> {
    await this.store.touchAlive(gameId, at);
  }

  /** The game with this id, or the newest. @throws PaydayError `unknown_game`. */
  async game(gameId?: string): Promise<GameEntity> {
    // PostgreSQL refuses some texts that are not ids, such as those with a NUL.
    if (gameId !== undefined && !isId(gameId)) throw unknownGame(gameId);
    const game = gameId === undefined ? await this.store.current() : await this.store.find(gameId);
    if (game === null) throw unknownGame(gameId);
    return game;
  }

  private async knownTeam(gameId: string, teamId: string, manager: EntityManager): Promise<void> {
    const teams = await this.store.teams(gameId, manager);
    if (!teams.some((team) => team.id === teamId)) throw unknownTeam(teamId);
  }
}

const NOTHING = { since: null };
const RECOVERY = systemActor('recovery');

function wholeSecondFrom(at: number): number {
  return Math.ceil(at / 1000) * 1000;
}

function refuseBadIds(gameId: string, teams: readonly TeamInfo[]): void {
  const seen = new Set<string>();
  for (const id of [gameId, ...teams.map((team) => team.id)])
    if (!isId(id))
      throw new PaydayError(
        'bad_request',
        `"${id}" is no id: 1 to 40 lower-case letters, digits and inner hyphens`,
      );
  for (const { id } of teams) {
    if (seen.has(id)) throw new PaydayError('bad_request', `Two teams have the id "${id}".`);
    seen.add(id);
  }
}

function refuseUnknownService(scenario: Scenario, serviceId: string): void {
  const known = scenario.services.map((service) => service.id);
  if (!known.includes(serviceId))
    throw new PaydayError(
      'unknown_service',
      `There is no service "${serviceId}"; there are ${known.join(', ')}.`,
    );
}

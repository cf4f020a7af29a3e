import { Inject, Injectable } from '@nestjs/common';
import type { GameEventData, GameEventType } from '#contracts';
import type { GameTimes } from '#game';
import { type Clock, isId, PaydayError } from '#kernel';
import {
  appendAudit,
  type AuditActor,
  type EntityManager,
  type GameEntity,
  GameStore,
  insertIntoOutbox,
} from '#persistence';
import { CLOCK } from '#runtime';

import { CONTROL_OPTIONS, type ControlOptions } from './options.js';

/** A domain event without its envelope. */
export type DomainEvent = { [T in GameEventType]: { type: T; data: GameEventData[T] } }[GameEventType];

export const SOURCE = '/control';

/** What a change did, besides its rows. */
export interface Change {
  /** For the audit log (`NewAuditEntry`). */
  action: string;
  /** Subjects besides the game. */
  subject?: Record<string, string>;
  details?: Record<string, unknown>;
  events: DomainEvent[];
  /** When the change takes effect, epoch ms; null where that has no meaning. */
  effectiveAt?: number;
}

/** A game after a change, and when the change takes effect. */
export interface ChangedGame extends GameEntity {
  effectiveAt: number | null;
}

/**
 * Every change of a game goes through here: on the locked game, rows, events and audit entry in one transaction. Changes of
 * one game are therefore serialized, and its events and its audit entries are in the same order.
 */
@Injectable()
export class GameChanges {
  constructor(
    @Inject(GameStore) private readonly store: GameStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONTROL_OPTIONS) private readonly options: ControlOptions,
  ) {}

  /**
   * Runs `plan` on the locked game and writes what it returns.
   * @param plan changes rows; returns what happened, or since when it has already been so, in which case nothing is written
   * @throws PaydayError `unknown_game`, and what `plan` throws
   */
  async change(
    gameId: string,
    actor: AuditActor,
    plan: (game: GameEntity, manager: EntityManager) => Promise<Change | { since: number | null }>,
  ): Promise<ChangedGame> {
    return this.store.transaction(async (manager) => {
      const game = isId(gameId) ? await this.store.lock(manager, gameId) : null;
      if (game === null) throw unknownGame(gameId);
      const change = await plan(game, manager);
      const isDone = 'since' in change;
      if (!isDone) await this.write(manager, gameId, actor, change);
      const effectiveAt = isDone ? change.since : (change.effectiveAt ?? null);
      return { ...(await this.store.find(gameId, manager))!, effectiveAt };
    });
  }

  /** Writes events and audit entry of a change in its transaction. The audit entry comes last (see `appendAudit`). */
  async write(manager: EntityManager, gameId: string, actor: AuditActor, change: Change): Promise<void> {
    const at = this.clock.nowMs();
    const events = change.events.map((event) => ({
      ...event,
      source: SOURCE,
      subject: gameId,
      time: at,
    }));
    await insertIntoOutbox(manager, this.options.gameEventsTopic, events);
    const { action, subject, effectiveAt } = change;
    const details = { ...change.details, ...(effectiveAt === undefined ? {} : { effectiveAt }) };
    await appendAudit(manager, { at, actor, action, subject: { game: gameId, ...subject }, details });
  }
}

export function unknownGame(gameId?: string): PaydayError {
  const message =
    gameId === undefined ? 'There is no game yet.' : `There is no game "${gameId.slice(0, 40)}".`;
  return new PaydayError('unknown_game', message);
}

export function unknownTeam(teamId: string): PaydayError {
  return new PaydayError('unknown_team', `There is no team "${teamId}" in this game.`);
}

/** @throws PaydayError `game_over` */
export function refuseSealed(game: GameEntity): void {
  if (game.sealedAt !== null)
    throw new PaydayError('game_over', `The game "${game.id}" is sealed: nothing of it changes any more.`);
}

/** The times of a game that has been scheduled and has not ended. @throws PaydayError `game_over`, `wrong_state` */
export async function gameTimes(
  store: GameStore,
  game: GameEntity,
  manager: EntityManager,
): Promise<GameTimes> {
  refuseSealed(game);
  if (game.startsAt === null || game.endsAt === null)
    throw new PaydayError('wrong_state', 'The game has not been scheduled yet.');
  if (game.state === 'ended') throw new PaydayError('wrong_state', 'The game has ended.');
  const pauses = await store.pauses(game.id, manager);
  return { windowMs: game.scenario.pay.windowMs, startsAt: game.startsAt, endsAt: game.endsAt, pauses };
}

import type { GameEvent, ProbeBatch } from '#contracts';
import { Game } from '#game';
import { PaydayError } from '#kernel';

/** The games, teams and services that a batch may name, from the game events. */
export class GameDirectory {
  private readonly games = new Map<string, Game>();

  handle(event: GameEvent): void {
    const game = this.games.get(event.subject);
    if (game !== undefined) game.tryApply(event);
    else if (event.type === 'dev.payday.game.created') this.games.set(event.subject, new Game(event));
  }

  /** @throws PaydayError `unknown_game`, `unknown_team`, `unknown_service` or `game_over`. */
  assertKnown(batch: Pick<ProbeBatch, 'gameId' | 'teamId' | 'counterpartyId' | 'serviceId'>): void {
    const game = this.games.get(batch.gameId);
    if (!game) throw new PaydayError('unknown_game', `There is no game "${batch.gameId}".`);
    for (const teamId of [batch.teamId, batch.counterpartyId]) {
      if (!game.teams.has(teamId)) {
        throw new PaydayError('unknown_team', `Game "${batch.gameId}" has no team "${teamId}".`);
      }
    }
    if (!game.services.has(batch.serviceId)) {
      const allowed = [...game.services.keys()].join(', ');
      throw new PaydayError(
        'unknown_service',
        `There is no service "${batch.serviceId}"; the scenario has ${allowed}.`,
      );
    }
    if (game.sealed) {
      throw new PaydayError(
        'game_over',
        `Game "${batch.gameId}" is sealed: results that come now do not count.`,
      );
    }
  }
}

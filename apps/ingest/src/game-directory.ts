import type { GameEvent, ProbeBatch } from '#contracts';
import { PaydayError } from '#kernel';

interface KnownGame {
  teams: Set<string>;
  services: Set<string>;
  sealed: boolean;
}

/** Which games, teams and services exist, from the game events: what a batch may speak of. */
export class GameDirectory {
  private readonly games = new Map<string, KnownGame>();

  handle(event: GameEvent): void {
    const gameId = event.subject;
    if (event.type === 'dev.payday.game.created') {
      const services = new Set(event.data.scenario.services.map((service) => service.id));
      // A redelivered event must not forget the teams.
      if (!this.games.has(gameId)) this.games.set(gameId, { teams: new Set(), services, sealed: false });
    } else if (event.type === 'dev.payday.team.added') {
      this.games.get(gameId)?.teams.add(event.data.team.id);
    } else if (event.type === 'dev.payday.game.sealed') {
      const game = this.games.get(gameId);
      if (game) game.sealed = true;
    }
    // Of the others none matters to what a batch may speak of: a team that changes keeps its id.
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
      const allowed = [...game.services].join(', ');
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

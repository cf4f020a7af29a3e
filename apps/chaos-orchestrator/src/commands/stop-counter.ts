import { Injectable } from '@nestjs/common';

/** Counts panic stops, so that a command that waited for its turn notices one that overtook it. */
@Injectable()
export class StopCounter {
  private everywhere = 0;
  private readonly byGame = new Map<string, number>();

  /** The number of stops that concern a game. */
  countFor(gameId: string): number {
    return this.everywhere + (this.byGame.get(gameId) ?? 0);
  }

  /** @param gameId the stopped game; undefined: all games */
  increment(gameId: string | undefined): void {
    if (gameId === undefined) this.everywhere++;
    else this.byGame.set(gameId, (this.byGame.get(gameId) ?? 0) + 1);
  }
}

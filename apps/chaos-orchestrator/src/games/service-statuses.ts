import { Injectable } from '@nestjs/common';
import type { ServiceView, TeamScore } from '#contracts';
import { teamsUpPercent } from '#scenario';
import type { GameView } from './game-view.js';

/** The status of every team's services, from its latest score. */
@Injectable()
export class ServiceStatuses {
  private readonly latest = new Map<string, { commitSeq: number; services: readonly ServiceView[] }>();

  /** @returns whether a status changed */
  observe({ gameId, teamId, commitSeq, services }: TeamScore): boolean {
    const key = `${gameId} ${teamId}`;
    const before = this.latest.get(key);
    if (before !== undefined && before.commitSeq > commitSeq) return false;
    this.latest.set(key, { commitSeq, services });
    return before === undefined || statusKey(before.services) !== statusKey(services);
  }

  /** The share of a game's ranked teams that have every service up, in percent. */
  upPercent({ gameId, teams }: GameView): number {
    const ranked = teams.filter((team) => team.ranked).map(({ id }) => id);
    return teamsUpPercent(ranked, (teamId) => this.latest.get(`${gameId} ${teamId}`)?.services);
  }
}

function statusKey(services: readonly ServiceView[]): string {
  return services.map(({ id, state }) => `${id} ${state}`).join();
}

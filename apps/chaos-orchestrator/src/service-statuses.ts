import type { ServiceView, TeamScore } from '#contracts';

/** What is known of every team's services, by its latest score. */
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

  /** Undefined: nothing is known of the team. */
  servicesOf(gameId: string, teamId: string): readonly ServiceView[] | undefined {
    return this.latest.get(`${gameId} ${teamId}`)?.services;
  }
}

function statusKey(services: readonly ServiceView[]): string {
  return services.map(({ id, state }) => `${id} ${state}`).join();
}

import type { TeamInfo } from '#contracts';
import { IsNull, type DataSource, type EntityManager } from 'typeorm';
import { EndpointEntity, GameEntity, GamePauseEntity, TeamEntity } from './entities.js';

export interface Endpoint {
  teamId: string;
  serviceId: string;
  url: string;
}

/** A team with its proof of ownership. Default: none. */
export type ProvenTeam = TeamInfo & { proof?: string | null };

export interface Pause {
  fromAt: number;
  /** Null while the pause is open. */
  untilAt: number | null;
}

/** Games with their teams, endpoints and pauses. Writers pass the manager of their transaction. */
export class GameStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Runs `work` in one transaction. */
  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  async find(gameId: string, manager: EntityManager = this.dataSource.manager): Promise<GameEntity | null> {
    return manager.findOneBy(GameEntity, { id: gameId });
  }

  /** Newest first. */
  async list(): Promise<GameEntity[]> {
    return this.dataSource.manager.find(GameEntity, { order: { createdAt: 'DESC', id: 'ASC' } });
  }

  /** The newest game, or null. */
  async current(): Promise<GameEntity | null> {
    const [newest] = await this.dataSource.manager.find(GameEntity, {
      order: { createdAt: 'DESC', id: 'ASC' },
      take: 1,
    });
    return newest ?? null;
  }

  /** The game, locked until the transaction ends, which serializes the changes of one game. */
  async lock(manager: EntityManager, gameId: string): Promise<GameEntity | null> {
    return manager.findOne(GameEntity, { where: { id: gameId }, lock: { mode: 'pessimistic_write' } });
  }

  /** Inserts a game that was never frozen. */
  async insert(
    manager: EntityManager,
    game: Omit<GameEntity, 'frozenAt' | 'revealedAt' | 'wasFrozen'>,
    teams: readonly ProvenTeam[],
    endpoints: readonly Endpoint[],
  ): Promise<void> {
    await manager.insert(GameEntity, { ...game, scenario: game.scenario as object });
    await this.insertTeams(manager, game.id, teams, endpoints);
  }

  async insertTeams(
    manager: EntityManager,
    gameId: string,
    teams: readonly ProvenTeam[],
    endpoints: readonly Endpoint[],
  ): Promise<void> {
    if (teams.length > 0)
      await manager.insert(
        TeamEntity,
        teams.map(({ id, name, color, ranked, proof }) => ({ gameId, id, name, color, ranked, proof })),
      );
    if (endpoints.length > 0)
      await manager.insert(
        EndpointEntity,
        endpoints.map((endpoint) => ({ gameId, ...endpoint })),
      );
  }

  /** Replaces everything of a team except its id. */
  async updateTeam(
    manager: EntityManager,
    gameId: string,
    { id, name, color, ranked }: TeamInfo,
  ): Promise<void> {
    await manager.update(TeamEntity, { gameId, id }, { name, color, ranked });
  }

  async update(
    manager: EntityManager,
    gameId: string,
    change: Partial<Omit<GameEntity, 'id' | 'name' | 'seed' | 'scenario' | 'createdAt'>>,
  ): Promise<void> {
    await manager.update(GameEntity, { id: gameId }, change);
  }

  /** In order of id. */
  async teams(gameId: string, manager: EntityManager = this.dataSource.manager): Promise<TeamInfo[]> {
    const rows = await manager.find(TeamEntity, { where: { gameId }, order: { id: 'ASC' } });
    return rows.map(({ id, name, color, ranked }) => ({ id, name, color, ranked }));
  }

  /** The teams' proofs of ownership, by team; teams without one are omitted. */
  async proofs(gameId: string): Promise<Map<string, string>> {
    const rows = await this.dataSource.manager.find(TeamEntity, { where: { gameId } });
    return new Map(rows.flatMap(({ id, proof }) => (proof === null ? [] : [[id, proof]])));
  }

  /** A team's proof of ownership: null if it has none, undefined if there is no such team. */
  async proof(
    gameId: string,
    teamId: string,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<string | null | undefined> {
    return (await manager.findOneBy(TeamEntity, { gameId, id: teamId }))?.proof;
  }

  async setProof(manager: EntityManager, gameId: string, teamId: string, proof: string): Promise<void> {
    await manager.update(TeamEntity, { gameId, id: teamId }, { proof });
  }

  /** In order of team and service. */
  async endpoints(gameId: string, manager: EntityManager = this.dataSource.manager): Promise<Endpoint[]> {
    const rows = await manager.find(EndpointEntity, {
      where: { gameId },
      order: { teamId: 'ASC', serviceId: 'ASC' },
    });
    return rows.map(({ teamId, serviceId, url }) => ({ teamId, serviceId, url }));
  }

  /** Sets or (with `url: null`) removes an endpoint. @returns false if nothing changed */
  async setEndpoint(
    manager: EntityManager,
    gameId: string,
    teamId: string,
    serviceId: string,
    url: string | null,
  ): Promise<boolean> {
    const key = { gameId, teamId, serviceId };
    const known = await manager.findOneBy(EndpointEntity, key);
    if ((known?.url ?? null) === url) return false;
    if (url === null) await manager.delete(EndpointEntity, key);
    else await manager.upsert(EndpointEntity, { ...key, url }, ['gameId', 'teamId', 'serviceId']);
    return true;
  }

  /** In chronological order. */
  async pauses(gameId: string, manager: EntityManager = this.dataSource.manager): Promise<Pause[]> {
    const rows = await manager.find(GamePauseEntity, { where: { gameId }, order: { seq: 'ASC' } });
    return rows.map(({ fromAt, untilAt }) => ({ fromAt, untilAt }));
  }

  /** @param outage whether the pause compensates for an outage */
  async addPause(manager: EntityManager, gameId: string, pause: Pause, outage = false): Promise<void> {
    const seq = await manager.countBy(GamePauseEntity, { gameId });
    await manager.insert(GamePauseEntity, { gameId, seq, ...pause, outage });
  }

  /** Whether the game is paused because of an outage. */
  async isInOutage(gameId: string, manager: EntityManager = this.dataSource.manager): Promise<boolean> {
    return manager.existsBy(GamePauseEntity, { gameId, untilAt: IsNull(), outage: true });
  }

  /** Ends the open pause. */
  async closePause(manager: EntityManager, gameId: string, untilAt: number): Promise<void> {
    await manager.update(GamePauseEntity, { gameId, untilAt: IsNull() }, { untilAt });
  }

  /** Records that a process was running the game at `at` (epoch ms). The stored time never decreases. */
  async touchAlive(gameId: string, at: number): Promise<void> {
    await this.dataSource.query(
      `UPDATE game SET last_alive_at = $2 WHERE id = $1 AND coalesce(last_alive_at, 0) < $2 AND state <> 'sealed'`,
      [gameId, at],
    );
  }

  /** Number of teams whose watermark has not reached `endsAt` (epoch ms). */
  async teamsBehind(gameId: string, endsAt: number): Promise<number> {
    const [row] = await this.dataSource.query<{ behind: number }[]>(
      `SELECT count(*)::int AS behind FROM team t LEFT JOIN team_score s ON s.game_id = t.game_id AND s.team_id = t.id
       WHERE t.game_id = $1 AND coalesce((s.score->>'asOf')::int8, 0) < $2`,
      [gameId, endsAt],
    );
    return row!.behind;
  }

  /**
   * Marks a game with a closed ledger as `sealed` once the last score of every team is committed. Idempotent and safe to call
   * concurrently.
   */
  async markSealed(gameId: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE game SET state = 'sealed' WHERE id = $1 AND state = 'ended' AND sealed_at IS NOT NULL AND NOT EXISTS (
         SELECT 1 FROM team t LEFT JOIN team_score s ON s.game_id = t.game_id AND s.team_id = t.id
         WHERE t.game_id = $1 AND (s.score ->> 'final') IS DISTINCT FROM 'true')`,
      [gameId],
    );
  }

  /** Games that may still change automatically: scheduled, and not yet sealed and (if frozen) revealed. */
  async unfinished(): Promise<GameEntity[]> {
    return this.dataSource.manager
      .createQueryBuilder(GameEntity, 'game')
      .where(`game.state IN ('running', 'paused', 'ended')`)
      .orWhere(`game.state = 'sealed' AND game.frozen_at IS NOT NULL AND game.revealed_at IS NULL`)
      .getMany();
  }
}

import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '#kernel';
import type { DataSource, EntityManager } from 'typeorm';
import { ApiTokenEntity, type TokenRole } from './entities.js';

export interface NewToken {
  role: TokenRole;
  /** Limits the token to one game. */
  gameId?: string;
  /** For role `team`. */
  teamId?: string;
  /** For people: whose it is, or what it is for. */
  label: string;
}

/** Whom a token stands for. */
export interface TokenPrincipal {
  tokenId: string;
  role: TokenRole;
  gameId?: string;
  teamId?: string;
}

export interface TokenStoreOptions {
  /** How long an answer is remembered; a token revoked elsewhere works at most this long. Default 5000. */
  cacheTtlMs?: number;
}

const PREFIX = 'pd_';
const SECRET_PATTERN = /^pd_[A-Za-z0-9_-]{43}$/;
/** Guessing must not fill the memory. */
const MAX_CACHED = 10_000;

/**
 * API tokens: `pd_` and 32 random bytes in base64url. Only the SHA-256 is stored; with 256 bits of chance there is
 * nothing that a slow hash would add.
 */
export class TokenStore {
  readonly #cache = new Map<string, { principal: TokenPrincipal | null; untilUs: number }>();
  readonly #ttlUs: number;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    options: TokenStoreOptions = {},
  ) {
    this.#ttlUs = (options.cacheTtlMs ?? 5_000) * 1000;
  }

  /** Makes a token. The secret is returned here and can never be read again. */
  async create(token: NewToken): Promise<{ tokenId: string; secret: string }> {
    return this.#insert(this.dataSource.manager, token);
  }

  /** Makes a token in place of every valid one with the same role, game, team and label. */
  async rotate(token: NewToken): Promise<{ tokenId: string; secret: string }> {
    const made = await this.dataSource.transaction(async (manager) => {
      await manager
        .createQueryBuilder()
        .update(ApiTokenEntity)
        .set({ revokedAt: this.clock.nowMs() })
        .where('revoked_at IS NULL AND role = :role AND label = :label', token)
        .andWhere('game_id IS NOT DISTINCT FROM :gameId', { gameId: token.gameId ?? null })
        .andWhere('team_id IS NOT DISTINCT FROM :teamId', { teamId: token.teamId ?? null })
        .execute();
      return this.#insert(manager, token);
    });
    this.#cache.clear();
    return made;
  }

  /** Whom the secret stands for; null if it is unknown or revoked. */
  async verify(secret: string): Promise<TokenPrincipal | null> {
    if (!SECRET_PATTERN.test(secret)) return null;
    const hash = sha256(secret);
    const cacheKey = hash.toString('base64');
    const cached = this.#cache.get(cacheKey);
    const nowUs = this.clock.monotonicUs();
    if (cached !== undefined && nowUs < cached.untilUs) return cached.principal;
    const principal = await this.#lookUp(hash);
    if (this.#cache.size >= MAX_CACHED) this.#cache.clear();
    this.#cache.set(cacheKey, { principal, untilUs: nowUs + this.#ttlUs });
    return principal;
  }

  /** From now on the token is worth nothing here, and within the cache's time elsewhere. Repeatable. */
  async revoke(tokenId: string): Promise<void> {
    await this.dataSource
      .createQueryBuilder()
      .update(ApiTokenEntity)
      .set({ revokedAt: this.clock.nowMs() })
      .where('id = :tokenId AND revoked_at IS NULL', { tokenId })
      .execute();
    this.#cache.clear();
  }

  async #insert(manager: EntityManager, token: NewToken): Promise<{ tokenId: string; secret: string }> {
    const secret = PREFIX + randomBytes(32).toString('base64url');
    const tokenId = randomBytes(9).toString('base64url');
    await manager.insert(ApiTokenEntity, {
      id: tokenId,
      sha256: sha256(secret),
      role: token.role,
      gameId: token.gameId ?? null,
      teamId: token.teamId ?? null,
      label: token.label,
      createdAt: this.clock.nowMs(),
      revokedAt: null,
    });
    return { tokenId, secret };
  }

  async #lookUp(hash: Buffer): Promise<TokenPrincipal | null> {
    const [row] = await this.dataSource.query<
      { tokenId: string; role: TokenRole; gameId: string | null; teamId: string | null }[]
    >(
      `SELECT id AS "tokenId", role, game_id AS "gameId", team_id AS "teamId"
       FROM api_token WHERE sha256 = $1 AND revoked_at IS NULL`,
      [hash],
    );
    if (row === undefined) return null;
    return {
      tokenId: row.tokenId,
      role: row.role,
      ...(row.gameId === null ? {} : { gameId: row.gameId }),
      ...(row.teamId === null ? {} : { teamId: row.teamId }),
    };
  }
}

function sha256(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

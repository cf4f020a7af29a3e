import { createHash, randomBytes } from 'node:crypto';
import type { TokenInfo, TokenRole } from '#contracts';
import type { Clock } from '#kernel';
import { IsNull, type DataSource, type EntityManager } from 'typeorm';
import { ApiTokenEntity } from './token-entity.js';

export type { TokenInfo, TokenRole };

export interface NewToken {
  role: TokenRole;
  /** Restricts the token to one game. */
  gameId?: string;
  /** For role `team`. */
  teamId?: string;
  /** Human-readable owner or purpose. */
  label: string;
  /** The token is invalid from this time on, epoch ms. Default: it does not expire. */
  expiresAt?: number;
}

/** The identity and rights that a token grants. */
export interface TokenPrincipal {
  tokenId: string;
  role: TokenRole;
  label: string;
  gameId?: string;
  teamId?: string;
}

export interface TokenStoreOptions {
  /** How long a verification is cached; a token revoked by another process stays valid here at most this long. Default 5000. */
  cacheTtlMs?: number;
}

/** Further work in the transaction of a change, such as its audit entry. */
type InSameTransaction = (manager: EntityManager, token: TokenInfo) => Promise<unknown>;

interface CachedToken {
  principal: TokenPrincipal | null;
  /** Epoch ms; Infinity if it does not expire. */
  expiresAt: number;
  untilMs: number;
}

const PREFIX = 'pd_';
const SECRET_PATTERN = /^pd_[A-Za-z0-9_-]{43}$/;
/** Bounds the memory that guessed secrets can occupy. */
const MAX_CACHED = 10_000;

/** A new token id. It never begins with a hyphen, because command lines would take it for an option. */
export function newTokenId(random: (bytes: number) => Buffer = randomBytes): string {
  return random(9).toString('base64url').replace(/^-/, 'A');
}

/**
 * API tokens: `pd_` and 32 random bytes in base64url. Only the SHA-256 is stored; with 256 bits of entropy a slow hash would
 * add nothing.
 */
export class TokenStore {
  private readonly cache = new Map<string, CachedToken>();
  /** Incremented whenever a revocation clears the cache. */
  private generation = 0;
  private readonly ttlMs: number;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    options: TokenStoreOptions = {},
  ) {
    this.ttlMs = options.cacheTtlMs ?? 5_000;
  }

  /**
   * Creates a token. The secret is returned only here and cannot be read again.
   * @param inSameTransaction runs in the same transaction
   */
  async create(
    token: NewToken,
    inSameTransaction?: InSameTransaction,
  ): Promise<{ tokenId: string; secret: string }> {
    return this.dataSource.transaction(async (manager) => {
      const { info, secret } = await this.insert(manager, token);
      await inSameTransaction?.(manager, info);
      return { tokenId: info.id, secret };
    });
  }

  /** Creates a token and revokes every valid one with the same role, game, team and label. */
  async rotate(token: NewToken): Promise<{ tokenId: string; secret: string }> {
    const made = await this.dataSource.transaction(async (manager) => {
      const { role, label, gameId = IsNull(), teamId = IsNull() } = token;
      const replaced = { role, label, gameId, teamId, revokedAt: IsNull() };
      await manager.update(ApiTokenEntity, replaced, { revokedAt: this.clock.nowMs() });
      return this.insert(manager, token);
    });
    this.forget();
    return { tokenId: made.info.id, secret: made.secret };
  }

  /**
   * Revokes a token and creates one with the same purpose and expiry; null if there is no such token or it is no longer valid.
   * @param inSameTransaction runs in the same transaction, with the new token
   */
  async replace(
    tokenId: string,
    inSameTransaction?: InSameTransaction,
  ): Promise<{ tokenId: string; secret: string } | null> {
    const made = await this.dataSource.transaction(async (manager) => {
      const old = await this.lock(manager, tokenId);
      if (old === null || !this.isValid(old)) return null;
      await manager.update(ApiTokenEntity, { id: tokenId }, { revokedAt: this.clock.nowMs() });
      const { info, secret } = await this.insert(manager, {
        role: old.role,
        label: old.label,
        gameId: old.gameId ?? undefined,
        teamId: old.teamId ?? undefined,
        expiresAt: old.expiresAt ?? undefined,
      });
      await inSameTransaction?.(manager, info);
      return { tokenId: info.id, secret };
    });
    this.forget();
    return made;
  }

  /** Newest first. @param gameId only tokens restricted to this game */
  async list(gameId?: string): Promise<TokenInfo[]> {
    const rows = await this.dataSource.manager.find(ApiTokenEntity, {
      where: gameId === undefined ? {} : { gameId },
      order: { createdAt: 'DESC', id: 'ASC' },
    });
    return rows.map(infoOf);
  }

  async find(tokenId: string): Promise<TokenInfo | null> {
    const row = await this.dataSource.manager.findOneBy(ApiTokenEntity, { id: tokenId });
    return row && infoOf(row);
  }

  /** The principal of a secret; null if the secret is unknown, revoked or expired. */
  async verify(secret: string): Promise<TokenPrincipal | null> {
    if (!SECRET_PATTERN.test(secret)) return null;
    const hash = sha256(secret);
    const cacheKey = hash.toString('base64');
    const nowMs = this.clock.monotonicMs();
    let known = this.cache.get(cacheKey);
    if (known === undefined || nowMs >= known.untilMs) {
      const generation = this.generation;
      known = { ...(await this.lookUp(hash)), untilMs: nowMs + this.ttlMs };
      if (this.cache.size >= MAX_CACHED) this.cache.clear();
      // A result read before a revocation must not be cached after it.
      if (generation === this.generation) this.cache.set(cacheKey, known);
    }
    return this.clock.nowMs() < known.expiresAt ? known.principal : null;
  }

  /**
   * Invalidates the token at once in this process, and within the cache time in others. Idempotent.
   * @param inSameTransaction runs in the same transaction, if the token was not revoked already
   */
  async revoke(tokenId: string, inSameTransaction?: InSameTransaction): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const token = await this.lock(manager, tokenId);
      if (token === null || token.revokedAt !== null) return;
      const revokedAt = this.clock.nowMs();
      await manager.update(ApiTokenEntity, { id: tokenId }, { revokedAt });
      await inSameTransaction?.(manager, { ...infoOf(token), revokedAt });
    });
    this.forget();
  }

  private forget(): void {
    this.generation += 1;
    this.cache.clear();
  }

  private async lock(manager: EntityManager, tokenId: string): Promise<ApiTokenEntity | null> {
    return manager.findOne(ApiTokenEntity, { where: { id: tokenId }, lock: { mode: 'pessimistic_write' } });
  }

  private isValid({ revokedAt, expiresAt }: Pick<ApiTokenEntity, 'revokedAt' | 'expiresAt'>): boolean {
    return revokedAt === null && (expiresAt === null || this.clock.nowMs() < expiresAt);
  }

  private async insert(
    manager: EntityManager,
    token: NewToken,
  ): Promise<{ info: TokenInfo; secret: string }> {
    const secret = PREFIX + randomBytes(32).toString('base64url');
    const info: TokenInfo = {
      id: newTokenId(),
      role: token.role,
      gameId: token.gameId ?? null,
      teamId: token.teamId ?? null,
      label: token.label,
      createdAt: this.clock.nowMs(),
      expiresAt: token.expiresAt ?? null,
      revokedAt: null,
    };
    await manager.insert(ApiTokenEntity, { ...info, sha256: sha256(secret) });
    return { info, secret };
  }

  /** Plain SQL, because every unknown secret costs one look-up. */
  private async lookUp(hash: Buffer): Promise<Omit<CachedToken, 'untilMs'>> {
    const [row] = await this.dataSource.query<
      Pick<ApiTokenEntity, 'id' | 'role' | 'gameId' | 'teamId' | 'label' | 'expiresAt'>[]
    >(
      `SELECT id, role, game_id AS "gameId", team_id AS "teamId", label, expires_at AS "expiresAt"
       FROM api_token WHERE sha256 = $1 AND revoked_at IS NULL`,
      [hash],
    );
    if (row === undefined) return { principal: null, expiresAt: Infinity };
    const principal = {
      tokenId: row.id,
      role: row.role,
      label: row.label,
      ...(row.gameId === null ? {} : { gameId: row.gameId }),
      ...(row.teamId === null ? {} : { teamId: row.teamId }),
    };
    return { principal, expiresAt: row.expiresAt ?? Infinity };
  }
}

function infoOf({ sha256: _, ...info }: ApiTokenEntity): TokenInfo {
  return info;
}

function sha256(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

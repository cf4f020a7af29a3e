import { createHash, randomBytes } from 'node:crypto';
import type { TokenInfo, TokenRole } from '#contracts';
import type { Clock } from '#kernel';
import type { DataSource, EntityManager } from 'typeorm';
import { ApiTokenEntity } from './entities.js';

export type { TokenInfo, TokenRole };

export interface NewToken {
  role: TokenRole;
  /** Limits the token to one game. */
  gameId?: string;
  /** For role `team`. */
  teamId?: string;
  /** For people: whose it is, or what it is for. */
  label: string;
  /** Epoch ms from which on it is worth nothing. Default: it doesn't expire. */
  expiresAt?: number;
}

/** Whom a token stands for. */
export interface TokenPrincipal {
  tokenId: string;
  role: TokenRole;
  label: string;
  gameId?: string;
  teamId?: string;
}

export interface TokenStoreOptions {
  /** How long an answer is remembered; a token revoked elsewhere works at most this long. Default 5000. */
  cacheTtlMs?: number;
}

/** More to do in the transaction of a change: to audit it. */
type InSameTransaction = (manager: EntityManager, token: TokenInfo) => Promise<unknown>;

interface CachedToken {
  principal: TokenPrincipal | null;
  /** Epoch ms; Infinity where it doesn't expire. */
  expiresAt: number;
  untilUs: number;
}

const PREFIX = 'pd_';
const SECRET_PATTERN = /^pd_[A-Za-z0-9_-]{43}$/;
/** Guessing must not fill the memory. */
const MAX_CACHED = 10_000;

/** The id of a new token. People type it into command lines, where a leading hyphen would be an option. */
export function newTokenId(random: (bytes: number) => Buffer = randomBytes): string {
  return random(9).toString('base64url').replace(/^-/, 'A');
}

/**
 * API tokens: `pd_` and 32 random bytes in base64url. Only the SHA-256 is stored; with 256 bits of chance there is
 * nothing that a slow hash would add.
 */
export class TokenStore {
  private readonly cache = new Map<string, CachedToken>();
  /** Goes up whenever the cache is emptied because something was revoked. */
  private generation = 0;
  private readonly ttlUs: number;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    options: TokenStoreOptions = {},
  ) {
    this.ttlUs = (options.cacheTtlMs ?? 5_000) * 1000;
  }

  /**
   * Makes a token. The secret is returned here and can never be read again.
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
      return this.insert(manager, token);
    });
    this.forget();
    return { tokenId: made.info.id, secret: made.secret };
  }

  /**
   * Makes a token for the same purpose, until the same time, in place of one; null if there is no such token, or it is
   * worth nothing any more.
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

  /** Newest first. @param gameId only tokens that are good for this game alone */
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

  /** Whom the secret stands for; null if it is unknown, was revoked, or has expired. */
  async verify(secret: string): Promise<TokenPrincipal | null> {
    if (!SECRET_PATTERN.test(secret)) return null;
    const hash = sha256(secret);
    const cacheKey = hash.toString('base64');
    const nowUs = this.clock.monotonicUs();
    let known = this.cache.get(cacheKey);
    if (known === undefined || nowUs >= known.untilUs) {
      const generation = this.generation;
      known = { ...(await this.lookUp(hash)), untilUs: nowUs + this.ttlUs };
      if (this.cache.size >= MAX_CACHED) this.cache.clear();
      // What was read before a revocation must not be remembered behind it.
      if (generation === this.generation) this.cache.set(cacheKey, known);
    }
    return this.clock.nowMs() < known.expiresAt ? known.principal : null;
  }

  /**
   * From now on the token is worth nothing here, and within the cache's time elsewhere. Repeatable.
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

  private async lookUp(hash: Buffer): Promise<Omit<CachedToken, 'untilUs'>> {
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

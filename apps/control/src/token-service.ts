import { Inject, Injectable } from '@nestjs/common';
import type { MadeToken, TokenInfo } from '#contracts';
import { type Clock, PaydayError } from '#kernel';
import { appendAudit, type AuditActor, type EntityManager, type NewToken, TokenStore } from '#persistence';
import { CLOCK } from '#runtime';

/** Creates, rotates and revokes tokens, each change with its audit entry. */
@Injectable()
export class TokenService {
  constructor(
    @Inject(TokenStore) private readonly store: TokenStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async create(token: NewToken, actor: AuditActor): Promise<MadeToken> {
    const made = await this.store.create(token, this.audited('token.created', actor));
    return this.whole(made);
  }

  /** Newest first. @param gameId only tokens whose scope is this game */
  list(gameId?: string): Promise<TokenInfo[]> {
    return this.store.list(gameId);
  }

  /** @throws PaydayError `unknown_token` */
  async find(tokenId: string): Promise<TokenInfo> {
    // PostgreSQL refuses a NUL in a query.
    const token = tokenId.includes('\0') ? null : await this.store.find(tokenId);
    if (token === null)
      throw new PaydayError('unknown_token', `There is no token "${tokenId.slice(0, 40)}".`);
    return token;
  }

  /**
   * Replaces a secret; the old one is invalid from now on.
   * @throws PaydayError `unknown_token`, `wrong_state` if it was revoked or has expired
   */
  async rotate(tokenId: string, actor: AuditActor): Promise<MadeToken> {
    await this.find(tokenId);
    const made = await this.store.replace(
      tokenId,
      this.audited('token.rotated', actor, { replaces: tokenId }),
    );
    if (made === null)
      throw new PaydayError('wrong_state', 'The token was revoked or has expired; make a new one instead.');
    return this.whole(made);
  }

  /** Repeatable. @throws PaydayError `unknown_token` */
  async revoke(tokenId: string, actor: AuditActor): Promise<TokenInfo> {
    await this.find(tokenId);
    await this.store.revoke(tokenId, this.audited('token.revoked', actor));
    return this.find(tokenId);
  }

  private async whole({ tokenId, secret }: { tokenId: string; secret: string }): Promise<MadeToken> {
    return { ...(await this.find(tokenId)), secret };
  }

  private audited(action: string, actor: AuditActor, more: Record<string, unknown> = {}) {
    return (manager: EntityManager, { id, role, label, gameId, teamId, expiresAt }: TokenInfo) =>
      appendAudit(manager, {
        at: this.clock.nowMs(),
        actor,
        action,
        subject: {
          token: id,
          ...(gameId === null ? {} : { game: gameId }),
          ...(teamId === null ? {} : { team: teamId }),
        },
        details: { role, label, expiresAt, ...more },
      });
  }
}

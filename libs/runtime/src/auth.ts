import {
  Inject,
  Injectable,
  SetMetadata,
  UseGuards,
  applyDecorators,
  createParamDecorator,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiBearerAuth } from '@nestjs/swagger';
import { PaydayError } from '#kernel';
import { TOKEN_VERIFIER } from './tokens.js';

export type TokenRole = 'facilitator' | 'team' | 'prober' | 'integration' | 'read-only';

/** Whom a token stands for. */
export interface Principal {
  tokenId: string;
  role: TokenRole;
  /** Set when the token is good for one game only. */
  gameId?: string;
  /** Set for team tokens. */
  teamId?: string;
}

/** Looks a secret up by its hash. Null: unknown or revoked. */
export interface TokenVerifier {
  verify(secret: string): Promise<Principal | null>;
}

const ROLES_KEY = 'payday:roles';

/** Lets only these roles in. Without it a handler is public, so every handler that changes something has it. */
export function Roles(...roles: TokenRole[]): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(ROLES_KEY, roles), UseGuards(TokenGuard), ApiBearerAuth());
}

/** The principal that `TokenGuard` let in. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  return context.switchToHttp().getRequest<{ principal: Principal }>().principal;
});

@Injectable()
export class TokenGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(TOKEN_VERIFIER) private readonly verifier: TokenVerifier,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const roles = this.reflector.getAllAndOverride<TokenRole[] | undefined>(ROLES_KEY, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!roles) return true;
    const request = context
      .switchToHttp()
      .getRequest<{ headers: Record<string, string | undefined>; principal?: Principal }>();
    const secret = /^Bearer +(\S{1,512})$/i.exec(request.headers['authorization'] ?? '')?.[1];
    if (secret === undefined) {
      throw new PaydayError('unauthenticated', 'Send the header "Authorization: Bearer <token>".');
    }
    const principal = await this.verifier.verify(secret);
    if (principal === null) throw new PaydayError('unauthenticated', 'The token is unknown or was revoked.');
    if (!roles.includes(principal.role)) {
      throw new PaydayError(
        'forbidden',
        `This needs a token of role ${roles.join(' or ')}, not ${principal.role}.`,
      );
    }
    request.principal = principal;
    return true;
  }
}

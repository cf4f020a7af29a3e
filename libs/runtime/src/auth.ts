import {
  Inject,
  Injectable,
  SetMetadata,
  applyDecorators,
  createParamDecorator,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiBearerAuth, ApiSecurity } from '@nestjs/swagger';
import type { TokenRole } from '#contracts';
import { PaydayError } from '#kernel';
import { TOKEN_VERIFIER } from './tokens.js';

/** The identity behind a token. */
export interface Principal {
  tokenId: string;
  role: TokenRole;
  /** A label for display: the token's owner or purpose. */
  label?: string;
  /** Set when the token is valid for one game only. */
  gameId?: string;
  /** Set for team tokens. */
  teamId?: string;
}

/** Looks up a secret by its hash. Null: unknown or revoked. */
export interface TokenVerifier {
  verify(secret: string): Promise<Principal | null>;
}

const ROLES_KEY = 'payday:roles';
const OPTIONAL_KEY = 'payday:optional-token';
/** Methods that change nothing, and so may be public. */
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Admits only these roles. A handler without it is public, so every handler that changes something must have it. */
export function Roles(...roles: TokenRole[]): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(ROLES_KEY, roles), ApiBearerAuth());
}

/**
 * Public, but a valid token may reveal more: `MaybePrincipal` gives its principal. An invalid token is refused, not
 * treated as anonymous.
 */
export function OptionalToken(): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(OPTIONAL_KEY, true), ApiSecurity({}), ApiBearerAuth());
}

/** The principal of a handler with `OptionalToken`; undefined for an anonymous request. */
export const MaybePrincipal = createParamDecorator(
  (_: unknown, context: ExecutionContext): Principal | undefined =>
    context.switchToHttp().getRequest<{ principal?: Principal }>().principal,
);

/** The principal that `TokenGuard` admitted. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  return context.switchToHttp().getRequest<{ principal: Principal }>().principal;
});

/** Checks the token of every handler that has `Roles` or `OptionalToken`. Gateways check their own at the handshake. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(TOKEN_VERIFIER) private readonly verifier: TokenVerifier,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const roles = rolesOf(this.reflector, context);
    const isOptional = this.reflector.getAllAndOverride<boolean | undefined>(OPTIONAL_KEY, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!roles && isOptional !== true) return true;
    const request = context
      .switchToHttp()
      .getRequest<{ headers: Record<string, string | undefined>; principal?: Principal }>();
    const header = request.headers['authorization'];
    if (!roles && header === undefined) return true;
    const secret = /^Bearer +(\S{1,512})$/i.exec(header ?? '')?.[1];
    if (secret === undefined) {
      throw new PaydayError('unauthenticated', 'Send the header "Authorization: Bearer <token>".');
    }
    const principal = await this.verifier.verify(secret);
    if (principal === null)
      throw new PaydayError('unauthenticated', 'The token is unknown, was revoked, or has expired.');
    if (roles && !roles.includes(principal.role)) {
      throw new PaydayError(
        'forbidden',
        `This needs a token of role ${roles.join(' or ')}, not ${principal.role}.`,
      );
    }
    request.principal = principal;
    return true;
  }
}

/** Refuses any handler that may change something but declares no `Roles`, so a forgotten decorator exposes nothing. */
@Injectable()
export class DenyByDefault implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http' || rolesOf(this.reflector, context)) return true;
    if (READING.has(context.switchToHttp().getRequest<{ method: string }>().method)) return true;
    throw new PaydayError('forbidden', 'Nobody may do this: it does not say who may.');
  }
}

function rolesOf(reflector: Reflector, context: ExecutionContext): TokenRole[] | undefined {
  return reflector.getAllAndOverride<TokenRole[] | undefined>(ROLES_KEY, [
    context.getHandler(),
    context.getClass(),
  ]);
}

/** The roles that a handler admits; undefined if it has no `Roles`. For tests that check every route. */
export function declaredRoles(controller: object, handler: object): readonly TokenRole[] | undefined {
  return (Reflect.getMetadata(ROLES_KEY, handler) ?? Reflect.getMetadata(ROLES_KEY, controller)) as
    TokenRole[] | undefined;
}

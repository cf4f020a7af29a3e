import { hiddenFromAt } from '#game';
import type { GameEntity, HiddenScores } from '#persistence';
import type { Principal } from '#runtime';

/** Roles that a freeze does not restrict. Integrations are missing because they show what they read to the public. */
const SEES_ALL = new Set<Principal['role']>(['facilitator', 'read-only']);

/**
 * The part of a game's ledger that a reader may not see now: nothing outside of a freeze, and nothing for those who run the
 * game. A team always sees its own.
 */
export function hiddenScores(
  game: GameEntity,
  principal: Principal | undefined,
  nowMs: number,
): HiddenScores | undefined {
  const fromAt = hiddenFromAt(game, nowMs);
  if (fromAt === null) return undefined;
  const isOurs = principal !== undefined && (principal.gameId === undefined || principal.gameId === game.id);
  if (!isOurs) return { fromAt };
  if (SEES_ALL.has(principal.role)) return undefined;
  return principal.role === 'team' ? { fromAt, exceptTeamId: principal.teamId } : { fromAt };
}

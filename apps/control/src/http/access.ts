import { PaydayError } from '#kernel';
import type { Principal } from '#runtime';

/** @throws PaydayError `forbidden` if the token is for another game. */
export function assertScope(principal: Principal, gameId: string): void {
  if (principal.gameId !== undefined && principal.gameId !== gameId)
    throw new PaydayError('forbidden', `The token is for the game "${principal.gameId}" only.`);
}

/** @throws PaydayError `forbidden` if it is the token of another team. */
export function assertIsTeam(principal: Principal, teamId: string): void {
  if (principal.role === 'team' && principal.teamId !== teamId)
    throw new PaydayError('forbidden', 'A team sees and changes its own only.');
}

/** @throws PaydayError `forbidden` if the token is for one game only. */
export function assertUnscoped(principal: Principal): void {
  if (principal.gameId !== undefined)
    throw new PaydayError(
      'forbidden',
      `The token is for the game "${principal.gameId}" only, and this is not part of it.`,
    );
}

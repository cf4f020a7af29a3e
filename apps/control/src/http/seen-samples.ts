import type { FailureSample, LedgerEntry } from '#contracts';
import type { Principal } from '#runtime';

type Whose = Pick<LedgerEntry, 'gameId' | 'teamId' | 'counterpartyId' | 'samples'>;

/**
 * The samples of an entry that a reader may see. They hold what a team's service was asked and answered: hosts, redirect
 * targets, bodies. So they are for facilitators, and for the team itself as far as its own service answered; everybody
 * else has the entry's reason, count and cents.
 */
export function seenSamples(
  { gameId, teamId, counterpartyId, samples }: Whose,
  principal: Principal | undefined,
): FailureSample[] {
  if (principal === undefined || (principal.gameId ?? gameId) !== gameId) return [];
  if (principal.role === 'facilitator') return samples;
  return principal.role === 'team' && principal.teamId === teamId && counterpartyId === teamId ? samples : [];
}

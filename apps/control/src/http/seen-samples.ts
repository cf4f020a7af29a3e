import type { FailureSample, LedgerEntry } from '#contracts';
import type { Principal } from '#runtime';

type Whose = Pick<LedgerEntry, 'gameId' | 'teamId' | 'counterpartyId' | 'samples'>;

/**
 * The samples of an entry that a reader may see. They hold requests to a team's service and its answers: hosts, redirect
 * targets, bodies. Therefore only facilitators see them, and the team itself if its own service answered; everybody else
 * sees the entry's reason, count and cents.
 */
export function seenSamples(
  { gameId, teamId, counterpartyId, samples }: Whose,
  principal: Principal | undefined,
): FailureSample[] {
  if (principal === undefined || (principal.gameId ?? gameId) !== gameId) return [];
  if (principal.role === 'facilitator') return samples;
  return principal.role === 'team' && principal.teamId === teamId && counterpartyId === teamId ? samples : [];
}

import type { CeremonySpec, ChaosLimits, ProofPolicy, Scenario } from '#contracts';

/** Used if a scenario has no limits, or was recorded before limits existed. */
export const DEFAULT_CHAOS_LIMITS: ChaosLimits = {
  maxTeams: 5,
  maxDurationMs: 30 * 60_000,
  cooldownMs: 10_000,
  maxActive: 500,
};

export const DEFAULT_CEREMONY: CeremonySpec = { revealAfterMs: null, introduced: 5, prizes: 3 };

/** Default of a scenario file. A recorded game without a policy is older than proofs: see `proofPolicy`. */
export const DEFAULT_PROOF: ProofPolicy = 'warn';

/** Whether this game's services must prove which team owns them. */
export function proofPolicy({ probing }: Pick<Scenario, 'probing'>): ProofPolicy {
  return probing.proof ?? 'off';
}

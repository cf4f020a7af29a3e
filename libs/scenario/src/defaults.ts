import type { CeremonySpec, ChaosLimits, ProofPolicy, Scenario } from '#contracts';

/** Where a scenario says nothing, or was recorded before it could. */
export const DEFAULT_CHAOS_LIMITS: ChaosLimits = {
  maxTeams: 5,
  maxDurationMs: 30 * 60_000,
  cooldownMs: 10_000,
  maxActive: 500,
};

export const DEFAULT_CEREMONY: CeremonySpec = { revealAfterMs: null, introduced: 5, prizes: 3 };

/** Of a scenario file that says nothing. A recorded game that says nothing is older than proofs: `proofPolicy`. */
export const DEFAULT_PROOF: ProofPolicy = 'warn';

/** Whether services of this game have to prove whose they are. */
export function proofPolicy({ probing }: Pick<Scenario, 'probing'>): ProofPolicy {
  return probing.proof ?? 'off';
}

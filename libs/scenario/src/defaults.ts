import type { CeremonySpec, ChaosLimits } from '#contracts';

/** Where a scenario says nothing, or was recorded before it could. */
export const DEFAULT_CHAOS_LIMITS: ChaosLimits = {
  maxTeams: 5,
  maxDurationMs: 30 * 60_000,
  cooldownMs: 10_000,
  maxActive: 500,
};

export const DEFAULT_CEREMONY: CeremonySpec = { revealAfterMs: null, introduced: 5, prizes: 3 };

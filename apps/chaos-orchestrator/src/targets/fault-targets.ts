import type { FaultTarget } from '#faults';

/** Injection token of `FaultTargets`. */
export const FAULT_TARGETS = Symbol('FaultTargets');

/** How teams can be reached. */
export interface FaultTargets {
  /** Null: there is no way to break this team's services. Called for each driver call, so the answer may change. */
  targetOf(gameId: string, teamId: string): FaultTarget | null;
}

/** Combines several sources: all their probers, and for everything else the last source wins. */
export function joinTargets(...all: readonly FaultTargets[]): FaultTargets {
  return {
    targetOf(gameId, teamId) {
      const known = all.flatMap((targets) => targets.targetOf(gameId, teamId) ?? []);
      if (known.length === 0) return null;
      const probers = known.flatMap((target) => target.probers ?? []);
      return Object.assign({}, ...known, probers.length === 0 ? {} : { probers });
    },
  };
}

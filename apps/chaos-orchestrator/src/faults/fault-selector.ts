import type { Fault } from '#faults';

/** Selects the faults that match every given field; empty: all faults. */
export interface FaultSelector {
  readonly gameId?: string;
  readonly injectionId?: string;
  readonly faultId?: string;
  readonly teamId?: string;
}

export function matches(selector: FaultSelector, { gameId, info }: Fault): boolean {
  return (
    (selector.gameId ?? gameId) === gameId &&
    (selector.injectionId ?? info.injectionId) === info.injectionId &&
    (selector.faultId ?? info.id) === info.id &&
    (selector.teamId ?? info.teamId) === info.teamId
  );
}

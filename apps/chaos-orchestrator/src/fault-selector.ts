import type { Fault } from '#faults';

/** Which faults: all that fit every field given; empty: all. */
export interface FaultSelector {
  readonly gameId?: string;
  readonly injectionId?: string;
  readonly faultId?: string;
  readonly teamId?: string;
}

export function fits(selector: FaultSelector, { gameId, info }: Fault): boolean {
  return (
    (selector.gameId ?? gameId) === gameId &&
    (selector.injectionId ?? info.injectionId) === info.injectionId &&
    (selector.faultId ?? info.id) === info.id &&
    (selector.teamId ?? info.teamId) === info.teamId
  );
}

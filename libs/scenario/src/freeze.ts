import type { GameEvent } from '#contracts';

/** What was decided about showing scores. Both are epoch ms. */
export interface FreezeFacts {
  /** The window boundary from which on the public sees no score change; null: none is set, or it was thawed. */
  readonly frozenAt: number | null;
  /** When the ceremony gave everything away again. */
  readonly revealedAt: number | null;
}

export const NO_FREEZE: FreezeFacts = { frozenAt: null, revealedAt: null };

/** The facts after an event; the same where it isn't about the freeze. Events that come again change nothing. */
export function applyFreezeEvent(facts: FreezeFacts, event: Pick<GameEvent, 'type' | 'data'>): FreezeFacts {
  // Picked from a union, type and data have lost their tie.
  const { type, data } = event as GameEvent;
  switch (type) {
    case 'dev.payday.game.frozen':
      return { frozenAt: data.fromAt, revealedAt: null };
    case 'dev.payday.game.thawed':
      return NO_FREEZE;
    case 'dev.payday.game.revealed':
      return { ...facts, revealedAt: data.revealedAt };
    default:
      return facts;
  }
}

/**
 * The one rule of what a freeze hides: the instant from which on nothing that was earned or lost may be seen by the public
 * at `nowMs`; null where it may see everything. Once a reveal or a thaw is decided it holds at once, whatever a clock that
 * is slow says.
 */
export function hiddenFromAt({ frozenAt, revealedAt }: FreezeFacts, nowMs: number): number | null {
  return frozenAt !== null && revealedAt === null && nowMs >= frozenAt ? frozenAt : null;
}

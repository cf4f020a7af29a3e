import type { GameEvent } from '#contracts';

/** Decisions about what the public sees. Both are epoch ms. */
export interface FreezeFacts {
  /** The window boundary from which the public sees no score change; null if none is set, or it was thawed. */
  readonly frozenAt: number | null;
  /** When the ceremony revealed the final standings. */
  readonly revealedAt: number | null;
}

export const NO_FREEZE: FreezeFacts = { frozenAt: null, revealedAt: null };

/** The facts after an event; the same object if the event changes nothing. */
export function applyFreezeEvent(facts: FreezeFacts, event: Pick<GameEvent, 'type' | 'data'>): FreezeFacts {
  // Pick<> on a union loses the link between type and data.
  const { type, data } = event as GameEvent;
  switch (type) {
    case 'dev.payday.game.frozen':
      return facts.frozenAt === data.fromAt && facts.revealedAt === null
        ? facts
        : { frozenAt: data.fromAt, revealedAt: null };
    case 'dev.payday.game.thawed':
      return facts.frozenAt === null && facts.revealedAt === null ? facts : NO_FREEZE;
    case 'dev.payday.game.revealed':
      return facts.revealedAt === data.revealedAt ? facts : { ...facts, revealedAt: data.revealedAt };
    default:
      return facts;
  }
}

/**
 * The one rule of what a freeze hides: the instant from which the public may see nothing earned or lost, as of `nowMs`;
 * null if it may see everything. A reveal or a thaw takes effect at once, even on a slow clock.
 */
export function hiddenFromAt({ frozenAt, revealedAt }: FreezeFacts, nowMs: number): number | null {
  return frozenAt !== null && revealedAt === null && nowMs >= frozenAt ? frozenAt : null;
}

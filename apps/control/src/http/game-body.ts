import type { GameInfo, GameState } from '#contracts';
import type { GameEntity, GameStore } from '#persistence';

/** A game as REST shows it to facilitators. */
export async function gameBody(game: GameEntity, store: GameStore, nowMs: number): Promise<GameInfo> {
  const { id, name, startsAt, endsAt, pausedAt, sealedAt, frozenAt, revealedAt, scenario } = game;
  return {
    id,
    name,
    state: stateAt(game, nowMs),
    startsAt,
    endsAt,
    pausedAt,
    sealedAt,
    frozenAt,
    revealedAt,
    windowMs: scenario.pay.windowMs,
    durationMs: scenario.durationMs,
    services: scenario.services.map((service) => ({ id: service.id, letter: service.letter })),
    pauses: await store.pauses(id),
  };
}

/** A game that is scheduled for later is still in the lobby, as everybody else sees it. */
export function stateAt({ state, startsAt }: GameEntity, nowMs: number): GameState {
  return state === 'running' && startsAt !== null && nowMs < startsAt ? 'lobby' : state;
}

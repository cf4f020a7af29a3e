import type { GameState } from '#contracts';
import type { GameEntity, GameStore, Pause } from '#persistence';
import type { ChangedGame } from '../game-changes.js';

/** A game as REST shows it to facilitators. */
export interface GameBody {
  id: string;
  name: string;
  state: GameState;
  startsAt: number | null;
  endsAt: number | null;
  pausedAt: number | null;
  sealedAt: number | null;
  frozenAt: number | null;
  revealedAt: number | null;
  windowMs: number;
  durationMs: number;
  services: { id: string; letter: string }[];
  pauses: Pause[];
}

export async function gameBody(game: GameEntity, store: GameStore, nowMs: number): Promise<GameBody> {
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

export async function changedGameBody(
  game: ChangedGame,
  store: GameStore,
  nowMs: number,
): Promise<GameBody & { effectiveAt: number | null }> {
  return { ...(await gameBody(game, store, nowMs)), effectiveAt: game.effectiveAt };
}

/** A game that is scheduled for later is still in the lobby, as everybody else sees it. */
function stateAt({ state, startsAt }: GameEntity, nowMs: number): GameState {
  return state === 'running' && startsAt !== null && nowMs < startsAt ? 'lobby' : state;
}

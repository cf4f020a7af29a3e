import { teamKey, type GameEvent, type ProbeBatch } from '#contracts';
import { GameScoring } from './game-scoring.js';
import { ParkedBatches } from './parked-batches.js';
import type { ScoringState } from './state.js';
import { decodeState, encodeState } from './state-codec.js';
import type { CoreOptions, ScoringInput, ScoringOutputs, WindowKey } from './types.js';

export function createState(options: CoreOptions): ScoringState {
  return { options, games: new Map(), parked: new ParkedBatches(), nowMs: 0, latestSnapshot: null };
}

/**
 * The stored windows that the inputs will touch and that are not in memory. Pass each to `restoreWindow` before calling
 * `step` with these inputs.
 */
export function missingWindows(state: ScoringState, inputs: readonly ScoringInput[]): WindowKey[] {
  const missing = new Map<string, WindowKey>();
  for (const input of inputs) {
    const gameId =
      input.kind === 'batch' ? input.batch.gameId : input.kind === 'event' ? gameOf(input.event) : null;
    const game = gameId === null ? undefined : state.games.get(gameId);
    if (!game) continue;
    const found =
      input.kind === 'batch'
        ? game.missingForBatch(input.batch)
        : input.kind === 'event'
          ? game.missingForEvent(input.event)
          : [];
    for (const window of found) missing.set(`${window.key} ${window.windowIndex}`, window);
  }
  return [...missing.values()];
}

/** After `restore`: stored windows that can still close. Pass each to `restoreWindow` before the first step. */
export function openWindows(state: ScoringState): WindowKey[] {
  return [...state.games.values()].flatMap((game) => game.openStoredWindows());
}

/** Restores a stored window; `bytes` is null if the store has none. */
export function restoreWindow(state: ScoringState, window: WindowKey, bytes: Uint8Array | null): void {
  const slash = window.key.indexOf('/');
  state.games
    .get(window.key.slice(0, slash))
    ?.restoreWindow(window.key.slice(slash + 1), window.windowIndex, bytes);
}

/**
 * Applies inputs in order and returns what changed: the whole of scoring, without clock or I/O.
 *
 * The ledger after any sequence of inputs depends only on the set of accepted results, the scenario and the
 * game events, not on order, repetition or batching. (Until the game is sealed, `downtime` rows appear as windows close.)
 * @returns outputs to commit in one transaction with `snapshot(state)`.
 */
export function step(state: ScoringState, inputs: readonly ScoringInput[]): ScoringOutputs {
  const outputs: ScoringOutputs = {
    ledger: [],
    removed: [],
    scores: [],
    windows: [],
    refused: [],
    counters: { batches: 0, duplicateBatches: 0, results: 0, unscored: 0, outsideGame: 0, late: 0 },
  };
  for (const input of inputs) {
    if (input.kind === 'tick') state.nowMs = Math.max(state.nowMs, input.nowMs);
    else if (input.kind === 'batch') applyBatch(state, input.batch, outputs);
    else applyEvent(state, input.event, outputs);
  }
  for (const game of state.games.values()) game.settle(state.nowMs, outputs);
  return outputs;
}

function applyBatch(state: ScoringState, batch: ProbeBatch, outputs: ScoringOutputs): void {
  const game = state.games.get(batch.gameId);
  const team = game?.teams.get(batch.teamId);
  if (game && team) {
    // Only owned teams are ever added.
    game.applyBatch(batch, state.nowMs, outputs, team);
    return;
  }
  if (!state.options.owns(teamKey(batch.gameId, batch.teamId))) return;
  if (game) game.applyBatch(batch, state.nowMs, outputs);
  else if (!state.parked.add(batch)) outputs.refused.push({ code: 'too_many_parked', batch });
}

function applyEvent(state: ScoringState, event: GameEvent, outputs: ScoringOutputs): void {
  const gameId = gameOf(event);
  let game = state.games.get(gameId);
  if (!game && event.type === 'dev.payday.game.created') {
    const { pay, services } = event.data.scenario;
    const rules = { pay, services: services.map(({ id, weightPercent }) => ({ id, weightPercent })) };
    game = new GameScoring(gameId, rules, state.options);
    state.games.set(gameId, game);
    for (const batch of state.parked.takeBatches(gameId)) game.applyBatch(batch, state.nowMs, outputs);
  }
  // Ignore events of a game whose beginning the log no longer holds.
  game?.applyEvent(event, state.nowMs, outputs);
}

/** Every game event is keyed by its game. */
function gameOf(event: GameEvent): string {
  return event.subject;
}

/** The state as bytes, to commit with the outputs of the same step. Windows are stored separately. */
export function snapshot(state: ScoringState): Uint8Array {
  return encodeState(state);
}

/** @throws PaydayError `corrupt_state` */
export function restore(bytes: Uint8Array, options: CoreOptions): ScoringState {
  return decodeState(bytes, options);
}

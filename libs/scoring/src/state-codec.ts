import { PaydayError } from '#kernel';
import { ByteReader, ByteWriter } from './bytes.js';
import type { ScoringState } from './state.js';
import { Excusals } from './excusals.js';
import { GameScoring } from './game-scoring.js';
import { ParkedBatches } from './parked-batches.js';
import type { ScoringRules } from './pay.js';
import { WindowSchedule } from './schedule.js';
import { TeamState } from './team-state.js';
import type { CoreOptions } from './types.js';

/** Increment it with every change of the stored format. */
const FORMAT = 4;

/** Whether ledgers stored with this state format have `unscored` rows: earlier versions did not count those requests. */
export function countsUnscored(format: number): boolean {
  return format >= 4;
}

export function encodeState(state: ScoringState): Uint8Array {
  const { latestSnapshot } = state;
  const out = new ByteWriter(latestSnapshot === null ? 4096 : latestSnapshot.length + 4096);
  out.uint(FORMAT).uint(state.nowMs);
  state.parked.write(out);
  out.uint(state.games.size);
  for (const game of state.games.values()) writeGame(game, out, latestSnapshot);
  return (state.latestSnapshot = out.view());
}

/** @throws PaydayError `corrupt_state` */
export function decodeState(bytes: Uint8Array, options: CoreOptions): ScoringState {
  const from = new ByteReader(bytes);
  const format = from.uint();
  if (format !== FORMAT) {
    throw new PaydayError(
      'corrupt_state',
      `stored scoring state has format ${format}, this version reads ${FORMAT}: finish the game with the version that began it`,
    );
  }
  const state: ScoringState = {
    options,
    games: new Map(),
    nowMs: from.uint(),
    parked: ParkedBatches.read(from),
    latestSnapshot: null,
  };
  for (let n = from.uint(); n > 0; n--) {
    const game = readGame(from, options);
    state.games.set(game.gameId, game);
  }
  return state;
}

function writeGame(game: GameScoring, out: ByteWriter, latestSnapshot: Uint8Array | null): void {
  out.text(game.gameId).text(JSON.stringify(game.rules));
  game.schedule.write(out);
  game.excusals.write(out);
  const { bySource } = game.sequences;
  out.uint(bySource.size);
  for (const [source, sequence] of bySource) out.text(source).uint(sequence);
  out.text(JSON.stringify(game.heldAdjustments));
  game.parked.write(out);
  out.uint(game.teams.size);
  for (const team of game.teams.values()) {
    const from = out.size;
    if (team.storedFrom >= 0 && latestSnapshot !== null)
      out.raw(latestSnapshot.subarray(team.storedFrom, team.storedTo));
    else {
      out.text(team.teamId);
      team.write(out);
    }
    team.storedFrom = from;
    team.storedTo = out.size;
  }
}

function readGame(from: ByteReader, options: CoreOptions): GameScoring {
  const gameId = from.text();
  const rules = JSON.parse(from.text()) as ScoringRules;
  const schedule = WindowSchedule.read(rules.pay.windowMs, from);
  const game = new GameScoring(gameId, rules, options, schedule, Excusals.read(from));
  for (let n = from.uint(); n > 0; n--) game.sequences.record({ source: from.text(), sequence: from.uint() });
  game.heldAdjustments.push(...(JSON.parse(from.text()) as typeof game.heldAdjustments));
  game.parked = ParkedBatches.read(from);
  for (let n = from.uint(); n > 0; n--) {
    const teamId = from.text();
    game.teams.set(teamId, TeamState.read(teamId, game.pay, from));
  }
  return game;
}

import type { GameState, GameView, StandingRow } from '#contracts';
import type { Game } from '#game';
import { phaseAt } from '#scenario';
import type { Ticker } from './ticker.js';

export interface GameFacts {
  game: Game;
  /** Whether the final score of every team has arrived. */
  isFinal: boolean;
  /** The boundary whose standings the public sees now; null while it sees everything (`hiddenFromAt`). */
  hiddenFrom: number | null;
}

/** A game with a closed ledger stays `ended` until its final scores have arrived, because a sealed game never changes. */
function stateAt({ game, isFinal }: GameFacts, nowMs: number): GameState {
  const state = game.schedule.stateAt(nowMs);
  return state === 'sealed' && !isFinal ? 'ended' : state;
}

/** The game as the public sees it at a point in time. */
export function gameView(facts: GameFacts, nowMs: number): GameView {
  const { game, hiddenFrom } = facts;
  const { schedule } = game;
  const state = stateAt(facts, nowMs);
  const pause = state === 'paused' ? schedule.pauseAt(nowMs) : undefined;
  let { endsAt } = schedule;
  // A known resumption has moved the end already, but the clock must stand still until the pause is over.
  if (pause !== undefined && pause.untilAt !== null && endsAt !== null)
    endsAt -= pause.untilAt - pause.fromAt;
  return {
    id: game.gameId,
    name: game.name,
    state,
    startsAt: schedule.startsAt,
    endsAt,
    pausedAt: pause?.fromAt ?? null,
    frozen: hiddenFrom !== null,
    frozenAt: hiddenFrom,
    revealedAt: game.freeze.revealedAt,
    phase: state === 'running' || state === 'paused' ? currentPhase(game, nowMs) : null,
  };
}

/** The rate is the phase's target after its ramp, summed over all teams and services. */
function currentPhase({ scenario, schedule, teams }: Game, nowMs: number): GameView['phase'] {
  const { label, requestsPerSecond } = phaseAt(scenario, schedule.toGameTime(nowMs) ?? 0);
  const perTeam = Object.values(requestsPerSecond).reduce((sum, rate) => sum + rate, 0);
  return { label, requestsPerSecond: Math.round(perTeam * teams.size * 10) / 10 };
}

/**
 * Announces what follows from the schedule alone: start, pauses, phases, freeze, end and, once sealed and shown, the winner.
 * Each call derives everything anew, so a restarted broadcaster announces the same as one that ran all the time.
 */
export function tellLifeCycle(
  ticker: Ticker,
  facts: GameFacts,
  rows: readonly StandingRow[],
  nowMs: number,
): void {
  const { schedule, scenario, freeze, freezes } = facts.game;
  const { startsAt, endsAt } = schedule;
  const state = stateAt(facts, nowMs);
  if (startsAt === null || endsAt === null || state === 'lobby') return;
  ticker.addEntry({ id: 'game-started', at: startsAt, event: { kind: 'game_started' } });
  scenario.load.forEach(({ atMs, label }, index) => {
    const at = index === 0 ? null : schedule.toWallTime(atMs);
    if (at !== null && at <= nowMs)
      ticker.addEntry({ id: `phase/${index}`, at, event: { kind: 'phase', label } });
  });
  schedule.pauses.forEach(({ fromAt, untilAt }, index) => {
    // An outage that ended within its window.
    if (untilAt === fromAt) return;
    if (fromAt <= nowMs)
      ticker.addEntry({ id: `paused/${index}`, at: fromAt, event: { kind: 'game_paused' } });
    // A pause that lasted until the end was never resumed.
    if (untilAt !== null && untilAt <= nowMs && untilAt < endsAt)
      ticker.addEntry({ id: `resumed/${index}`, at: untilAt, event: { kind: 'game_resumed' } });
  });
  for (const at of freezes)
    if (at <= nowMs) ticker.addEntry({ id: `frozen/${at}`, at, event: { kind: 'game_frozen' } });
  if (state !== 'ended' && state !== 'sealed') return;
  ticker.addEntry({ id: 'game-ended', at: endsAt, event: { kind: 'game_ended', winnerId: null } });
  if (state !== 'sealed') return;
  const { frozenAt, revealedAt } = freeze;
  if (revealedAt !== null) {
    const event = { kind: 'game_revealed', winnerId: soleFirst(rows) } as const;
    return ticker.addEntry({ id: 'revealed', at: revealedAt, event });
  }
  // The leader of frozen standings is not the winner.
  const winnerId = frozenAt === null ? soleFirst(rows) : null;
  if (winnerId !== null)
    ticker.addEntry({ id: 'winner', at: schedule.sealedAt!, event: { kind: 'game_ended', winnerId } });
}

function soleFirst(rows: readonly StandingRow[]): string | null {
  const [first, second] = rows;
  return first?.rank === 1 && second?.rank !== 1 ? first.team.id : null;
}

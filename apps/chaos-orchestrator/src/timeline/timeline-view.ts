import type { TimelineEntry } from '#contracts';
import type { TimelineView } from '../commands/types.js';
import type { GameView } from '../games/game-view.js';
import type { DoneEntry } from '../store/store.js';

/** An entry that a limit delays. */
export interface Wait {
  /** Epoch ms. */
  readonly untilAt: number;
  readonly detail: string;
}

/** The progress of one timeline. */
export interface TimelineProgress {
  readonly done: ReadonlyMap<string, DoneEntry>;
  readonly waits: ReadonlyMap<string, Wait>;
  readonly held: boolean;
}

/** Describes a timeline for facilitators. */
export function describeTimeline(view: GameView, progress: TimelineProgress, nowMs: number): TimelineView {
  const { gameId, scenario, schedule } = view;
  const { done, waits, held } = progress;
  const gameMs = schedule.toGameTime(nowMs) ?? -1;
  const entries = scenario.timeline.map((entry) => {
    const before = done.get(entry.id);
    if (before !== undefined) return { entry, state: before.outcome, at: before.at, detail: before.detail };
    const condition = entry.when === undefined ? '' : `when ${describeCondition(entry.when)}`;
    const detail = waits.get(entry.id)?.detail ?? condition;
    const at = entry.when === undefined ? schedule.toWallTime(entry.atMs) : null;
    return { entry, state: entry.atMs <= gameMs ? ('waiting' as const) : ('pending' as const), at, detail };
  });
  return { gameId, held, entries };
}

/** Says why an entry had not run by the end of the game. */
export function whyMissed(entry: TimelineEntry, { waits, held }: TimelineProgress): string {
  const waited = waits.get(entry.id)?.detail;
  if (waited !== undefined) return waited;
  if (held) return 'the timeline was held until the end of the game';
  return entry.when === undefined
    ? 'the game ended before it ran'
    : `its condition never held: ${describeCondition(entry.when)}`;
}

function describeCondition({ teamsUpPercent: percent }: NonNullable<TimelineEntry['when']>): string {
  return `${percent} % of the teams have every service up`;
}

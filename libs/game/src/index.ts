/** A game folded from its events: who plays, when it runs, what the public may see, who leads. Pure. */
export { AppliedSequences } from './applied-sequences.js';
export { NO_FREEZE, applyFreezeEvent, hiddenFromAt } from './freeze.js';
export type { FreezeFacts } from './freeze.js';
export { Game, foldGame } from './game.js';
export type { GameCreated } from './game.js';
export { GameSchedule } from './game-schedule.js';
export type { Pause, ScheduleFacts } from './game-schedule.js';
export {
  assertRevealable,
  assertThawable,
  boundaryFrom,
  planEnd,
  planFreeze,
  planOutage,
  planPause,
  planResume,
  scheduledFreezeAt,
} from './life-cycle.js';
export type { GameTimes } from './life-cycle.js';
export { byTeamId, compareSalaries, rankTeams, ranksOf } from './ranking.js';
export { applyScheduleEvent } from './schedule-events.js';
export { changedTeam } from './team.js';

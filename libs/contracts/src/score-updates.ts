import type { ServiceRequests, ServiceView } from './api/standings.js';
import type { CloudEvent } from './cloud-event.js';

/** One team's score after a commit. All values are absolute: the latest update replaces every earlier one. */
export interface TeamScore {
  gameId: string;
  teamId: string;
  /** Commit sequence of the scorer's partition: increases with every commit, also across restarts. */
  commitSeq: number;
  /** Event time up to which the watermarks of all probers have reached, epoch ms; 0 before the first watermark. */
  asOf: number;
  salaryCents: number;
  /** Current rate of pay: over the last ten seconds of event time, per minute. */
  payPerMinuteCents: number;
  /** Pay over the last minute and the last five minutes of event time. */
  trend: { oneMinuteCents: number; fiveMinutesCents: number };
  services: ServiceView[];
  /** True once the game is sealed: this is the team's last score, and nothing of it changes any more. Default: false. */
  final?: boolean;
  /** Of the whole game, by service of the scenario in its order; only in the last score of a team, when its game is sealed. */
  requests?: ServiceRequests[];
}

export type ScoreUpdate = CloudEvent<'dev.payday.team.scored', TeamScore>;

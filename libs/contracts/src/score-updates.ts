import type { CloudEvent } from './cloud-event.js';
import type { RequestCounts } from './ledger.js';

/** `up` answers well; `slow` answers right but earns little; `failing` fails now and then; `down` fails always; `missing` has no endpoint; `unknown` has not been probed yet. */
export type ServiceState = 'up' | 'slow' | 'failing' | 'down' | 'missing' | 'unknown';

export interface ServiceView {
  id: string;
  state: ServiceState;
  /** Share of good answers over the last ten seconds of event time, in hundredths of a percent (0 to 10000); null if none were due. */
  availabilityBp: number | null;
  /** 95th percentile of the latency of good answers over the same time; null if there were none. */
  p95Ms: number | null;
  requestsPerSecond: number;
}

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

/** The requests of one team's customers to one service, and how many of them were not scored. */
export interface ServiceRequests extends RequestCounts {
  /** Id of the service. */
  id: string;
}

export type ScoreUpdate = CloudEvent<'dev.payday.team.scored', TeamScore>;

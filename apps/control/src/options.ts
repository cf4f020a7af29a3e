import { TOPICS } from '#contracts';
import type { RuleOptions } from '#scenario';

/** Injection token of `ControlOptions`. */
export const CONTROL_OPTIONS = Symbol('ControlOptions');

export interface ControlOptions {
  /** Minimum lead of a life-cycle change, so that every service receives it in time, ms. Default 2000. */
  leadMs: number;
  gameEventsTopic: string;
  /** Interval of the heartbeat, ms. Default 1000. */
  heartbeatMs: number;
  /** Interval of the check for a freeze, end, sealing or reveal that is due, ms. Default 250. */
  pollMs: number;
  /** Which fault kinds a scenario may use, and with which parameters. Default: any. */
  faultRules?: RuleOptions;
}

export const DEFAULT_CONTROL_OPTIONS: ControlOptions = {
  leadMs: 2_000,
  gameEventsTopic: TOPICS.gameEvents,
  heartbeatMs: 1_000,
  pollMs: 250,
};

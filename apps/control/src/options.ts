import { TOPICS } from '#contracts';
import type { RuleOptions } from '#scenario';

/** Injection token of `ControlOptions`. */
export const CONTROL_OPTIONS = Symbol('ControlOptions');

export interface ControlOptions {
  /** How far ahead a life-cycle change lies at least, so that every service hears of it in time. Default 2000. */
  leadMs: number;
  gameEventsTopic: string;
  /** How often the heartbeat is written. Default 1000. */
  heartbeatMs: number;
  /** How often games are looked at whose freeze, end, sealing or reveal may be due. Default 250. */
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

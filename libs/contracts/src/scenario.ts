import type { FaultScoring, ProofPolicy } from './api/index.js';

/**
 * A scenario after loading: every default filled in, every time in milliseconds of game time (time since the
 * start of the game, pauses not counted). `libs/scenario` turns a YAML file into this; `game.created` carries it.
 */
export interface Scenario {
  id: string;
  /** Shown to the audience, e.g. "Unicorn.Rentals". */
  name: string;
  description: string;
  /** Multiple of `pay.windowMs`. */
  durationMs: number;
  /** Seeds every random stream of the game. */
  seed: string;
  /** One to eight services; the order is the order of the status indicators. */
  services: ServiceSpec[];
  probing: ProbingSpec;
  pay: PayRules;
  /** In order of `atMs`; the first is at 0. */
  load: LoadPhase[];
  /** In order of `atMs`. */
  timeline: TimelineEntry[];
  /** When the public board freezes; absent: only by hand. Before the end. */
  freezeAtMs?: number;
  /** Like `chaos`, absent in games that were recorded before ceremonies existed: then the defaults apply. */
  ceremony?: CeremonySpec;
  chaos?: ChaosLimits;
}

export interface CeremonySpec {
  /** How long after sealing a frozen board is revealed automatically; null: only by hand. */
  revealAfterMs: number | null;
  /** How many teams are introduced, and how many of them win a prize. */
  introduced: number;
  prizes: number;
}

/** Bounds of what facilitators and the timeline may break at once. */
export interface ChaosLimits {
  /** Teams that one injection may strike without a typed confirmation. */
  maxTeams: number;
  maxDurationMs: number;
  /** Minimum time between two faults on the same service of the same team: from verified gone to the next firing. */
  cooldownMs: number;
  /** Faults (one per team struck) that may act at the same time. */
  maxActive: number;
}

/** A condition of a timeline entry: the entry runs when it is met, not before `atMs`, and at the latest at `byMs`. */
export interface TimelineCondition {
  /** This share of the ranked teams has every service up. */
  teamsUpPercent: number;
  /** Game time at which the entry runs in any case; null: never without the condition. */
  byMs: number | null;
}

export interface ServiceSpec {
  id: string;
  /** The letter on the status indicator. */
  letter: string;
  /** What the service's pay is multiplied by, in percent. */
  weightPercent: number;
  checks: CheckSpec[];
}

export interface ProbingSpec {
  /** From the intended send time to the last byte of the answer. */
  timeoutMs: number;
  /** A longer answer is the failure `too_large`. */
  maxBodyBytes: number;
  /** Whether a service must prove which team owns it. Absent in games that were recorded before proofs existed: then `off`. */
  proof?: ProofPolicy;
}

/** One kind of customer request and what a right answer is. */
export interface CheckSpec {
  id: string;
  /** How often this check is drawn, relative to the service's other checks. */
  weight: number;
  request: {
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
    /** Begins with `/`. `{{name}}` is replaced by the case's value, URI-encoded; `{{uuid}}` is unique per request. */
    path: string;
    headers: Record<string, string>;
    /** Sent as JSON unless it is a string. Placeholders work in every string of it. */
    body?: unknown;
  };
  expect: {
    status: number;
    /** The answer's JSON must contain this (objects: a subset; arrays and scalars: equal). */
    json?: unknown;
    /** The answer's text must contain this. */
    contains?: string;
  };
  /** One of these is drawn per request; `{{name}}` means its entry. A string that is only `"{{name}}"` keeps the value's type. */
  cases: Record<string, string | number | boolean>[];
}

/** Amounts are integer cents, percentages whole numbers. See docs/scoring.md. */
export interface PayRules {
  /** Length of a scoring window; a multiple of 1000. */
  windowMs: number;
  /** In order of `upToMs`. A good answer earns the first band whose `upToMs` is ≥ its latency; beyond the last, 0. */
  speedBands: { upToMs: number; cents: number }[];
  /** ≤ 0: per failed request. */
  failureCents: number;
  /** Once per window and service in which at least `minProbes` were sent and availability was below the limit. */
  downtime: { belowAvailabilityPercent: number; minProbes: number; cents: number };
  market: { ownPercent: number; foreignPercent: number; providerFeeCents: number };
}

export interface LoadPhase {
  atMs: number;
  /** Shown to the audience, e.g. "Black Friday, load ×4". */
  label: string;
  /** Arrival rate per team, by service id; ≥ 0. */
  requestsPerSecond: Record<string, number>;
  /** The rate grows or falls linearly from the previous phase's over this time. */
  rampMs: number;
}

export type TimelineEntry =
  | {
      type: 'fault';
      atMs: number;
      /** Unique within the scenario. */
      id: string;
      /** A fault kind that a driver knows, e.g. `crash`, `slow`, `wrong-answer`. */
      kind: string;
      serviceId: string;
      params: Record<string, string | number | boolean>;
      ttlMs: number;
      /** All teams, or this many chosen by seeded rotation, or exactly these. */
      teams: 'all' | number | string[];
      /** Shown to the audience, e.g. "Someone in another department shipped a bad version of catalog". */
      label: string;
      /** Default: `count`. */
      scoring?: FaultScoring;
      when?: TimelineCondition;
    }
  | {
      type: 'announcement';
      atMs: number;
      id: string;
      text: string;
      /** http(s), or a path of this server. */
      pictureUrl?: string;
      videoUrl?: string;
      when?: TimelineCondition;
    };

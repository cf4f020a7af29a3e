import type { FaultInfo, GameState, TeamInfo } from './game-events.js';
import type { ServiceRequests, ServiceView } from './score-updates.js';

/** What the public may see. REST, sockets and pages all read it from the one place that derives it. */
export interface StandingsView {
  game: GameView;
  /** Event time up to which every shown team's score is complete, epoch ms. */
  asOf: number;
  /** Identifies the broadcaster that counts `seq`; a change means: take the snapshot, forget what came before. */
  epoch: string;
  /** Number of the frame that this view includes. */
  seq: number;
  /** The server's clock when this was made, epoch ms: pages count down by the difference from their own. */
  serverAt: number;
  services: { id: string; letter: string }[];
  /** In order of rank, then team id; unranked teams last with `rank: null`. */
  standings: StandingRow[];
  /** Faults that are firing, active, reverting or stuck. */
  faults: PublicFault[];
  /** Newest first, at most 50. */
  ticker: TickerEntry[];
}

export interface GameView {
  id: string;
  name: string;
  state: GameState;
  /** Null in the lobby. */
  startsAt: number | null;
  /** Null in the lobby; moves when the game is paused and resumed. */
  endsAt: number | null;
  /** Set while the game is paused: the clock shows `endsAt − pausedAt`. */
  pausedAt: number | null;
  /** True from the freeze on, until the reveal: the standings are those of `frozenAt`. */
  frozen: boolean;
  /** The window boundary whose standings the public sees; null while it sees everything. */
  frozenAt?: number | null;
  /** When the final standings were revealed after a freeze; null before, and where there was no freeze. */
  revealedAt?: number | null;
  /** The current load phase. */
  phase: { label: string; requestsPerSecond: number } | null;
}

export interface StandingRow {
  /** Equal salaries have equal ranks: 1, 2, 2, 4. Null for unranked teams. */
  rank: number | null;
  /** Places won (positive) or lost over the last minute. */
  rankChange: number;
  team: TeamInfo;
  salaryCents: number;
  payPerMinuteCents: number;
  trend: { oneMinuteCents: number; fiveMinutesCents: number };
  services: ServiceView[];
  /** In final standings: how many of the team's customers' requests were not scored, by service. */
  requests?: ServiceRequests[];
}

export type PublicFault = Pick<
  FaultInfo,
  'injectionId' | 'kind' | 'serviceId' | 'label' | 'startedAt' | 'expiresAt'
> & {
  /** Teams on which this injection still acts. */
  teamIds: string[];
};

/** Something that just happened, for a commentator. Pages put it into words in their own language. */
export interface TickerEntry {
  /** Unique within the game; the same event has the same id on every broadcaster. */
  id: string;
  at: number;
  event: TickerEvent;
}

export type TickerEvent =
  | { kind: 'game_started' }
  | { kind: 'game_paused' }
  | { kind: 'game_resumed' }
  | { kind: 'game_ended'; winnerId: string | null }
  | { kind: 'phase'; label: string }
  | { kind: 'rank_taken'; teamId: string; rank: number; fromTeamId: string }
  | {
      kind: 'service_trouble';
      teamId: string;
      serviceId: string;
      state: 'slow' | 'failing' | 'down';
      /** Null during a freeze. */
      payPerMinuteCents: number | null;
    }
  | { kind: 'service_recovered'; teamId: string; serviceId: string; afterMs: number }
  | { kind: 'fault_started'; injectionId: string; label: string; serviceId: string; teamIds: string[] }
  | { kind: 'fault_ended'; injectionId: string; label: string; serviceId: string }
  | { kind: 'salary_negative'; teamId: string }
  /** A team was taken into the ranking or out of it by hand. */
  | { kind: 'team_ranked'; teamId: string; ranked: boolean }
  | { kind: 'game_frozen' }
  | { kind: 'game_revealed'; winnerId: string | null }
  | { kind: 'announcement'; text: string; pictureUrl?: string; videoUrl?: string };

/**
 * What changed between frame `fromSeq` (exclusive) and `seq`. Rows are whole and replace the row of the same
 * team; `order` lists all team ids when any rank changed. Absent fields did not change. `ticker` holds only new
 * entries, newest first.
 */
export interface StandingsDelta {
  epoch: string;
  fromSeq: number;
  seq: number;
  serverAt: number;
  asOf: number;
  rows: StandingRow[];
  order?: string[];
  game?: GameView;
  faults?: PublicFault[];
  ticker?: TickerEntry[];
}

/** Socket.IO namespace `/leaderboard`. */
export interface LeaderboardServerEvents {
  snapshot: (view: StandingsView) => void;
  delta: (delta: StandingsDelta) => void;
}

export interface LeaderboardClientEvents {
  /** Asks for what is missing since a frame: the server answers with deltas, or with a snapshot. */
  resume: (from: { epoch: string; seq: number }) => void;
}

/** `GET /api/v1/history?team=…&from=…&to=…&points=…`: one line per team. */
export interface SalaryHistory {
  gameId: string;
  /** Ascending, epoch ms. `salaryCents[i]` is the salary at the end of the window that ends at `at[i]`. */
  series: { teamId: string; at: number[]; salaryCents: number[] }[];
}

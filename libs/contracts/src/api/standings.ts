import { z } from 'zod';
import { FaultInfo } from './faults.js';
import { epochMs, integer, text } from './fields.js';
import { GameState, ServiceLabel } from './games.js';
import { RequestCounts } from './ledger.js';
import { TeamInfo } from './teams.js';

/** `up` answers well; `slow` answers right but earns little; `failing` fails now and then; `down` fails always; `missing` has no endpoint; `unknown` has not been probed yet. */
export const ServiceState = z.enum(['up', 'slow', 'failing', 'down', 'missing', 'unknown']);
export type ServiceState = z.infer<typeof ServiceState>;

/** A service over the last ten seconds of event time. */
export const ServiceView = z.object({
  id: text('Id of the service'),
  state: ServiceState,
  availabilityBp: integer(
    'Share of good answers in hundredths of a percent, 0 to 10000; null if no request was due',
  ).nullable(),
  p95Ms: integer('95th percentile of the latency of good answers; null if there were none').nullable(),
  requestsPerSecond: z.number(),
});
export type ServiceView = z.infer<typeof ServiceView>;

/** The requests of one team's customers to one service, and how many of them were not scored. */
export const ServiceRequests = RequestCounts.extend({ id: text('Id of the service') });
export type ServiceRequests = z.infer<typeof ServiceRequests>;

export const GameView = z.object({
  id: text('Id of the game'),
  name: text('Name for people'),
  state: GameState,
  startsAt: epochMs('Null in the lobby').nullable(),
  endsAt: epochMs('Null in the lobby; moves when the game is paused and resumed').nullable(),
  pausedAt: epochMs('Set while the game is paused: the clock shows `endsAt − pausedAt`').nullable(),
  frozen: z
    .boolean()
    .describe('True from the freeze until the reveal: the standings are those of `frozenAt`'),
  frozenAt: epochMs('The window boundary whose standings the public sees; null while it sees everything')
    .nullable()
    .optional(),
  revealedAt: epochMs('When the final standings were revealed after a freeze').nullable().optional(),
  phase: z
    .object({ label: z.string(), requestsPerSecond: z.number() })
    .nullable()
    .describe('The current load phase'),
});
export type GameView = z.infer<typeof GameView>;

export const StandingRow = z.object({
  rank: integer('Equal salaries have equal ranks: 1, 2, 2, 4. Null for unranked teams').nullable(),
  rankChange: integer('Places gained (positive) or lost over the last minute'),
  team: TeamInfo,
  salaryCents: z.int(),
  payPerMinuteCents: integer('Pay over the last ten seconds of event time, per minute'),
  trend: z
    .object({ oneMinuteCents: z.int(), fiveMinutesCents: z.int() })
    .describe('Pay over the last minute and the last five minutes of event time'),
  services: z.array(ServiceView),
  requests: z
    .array(ServiceRequests)
    .optional()
    .describe(
      'In final standings only: by service, how many requests of the team’s customers count, and how many of them were not scored for trouble of the prober’s own',
    ),
});
export type StandingRow = z.infer<typeof StandingRow>;

/** One injection that acts now, without what only facilitators may know. */
export const PublicFault = FaultInfo.pick({
  injectionId: true,
  kind: true,
  serviceId: true,
  label: true,
  startedAt: true,
  expiresAt: true,
}).extend({ teamIds: z.array(z.string()).describe('Teams on which this injection still acts') });
export type PublicFault = z.infer<typeof PublicFault>;

const [teamId, serviceId, injectionId, label] = [z.string(), z.string(), z.string(), z.string()];
const winnerId = z.string().nullable();
const kind = <const Kind extends string, Shape extends z.ZodRawShape>(name: Kind, shape: Shape) =>
  z.object({ kind: z.literal(name), ...shape });

/** Something that just happened. Pages put it into words in their own language. */
export const TickerEvent = z.discriminatedUnion('kind', [
  kind('game_started', {}),
  kind('game_paused', {}),
  kind('game_resumed', {}),
  kind('game_ended', { winnerId }),
  kind('phase', { label }),
  kind('rank_taken', { teamId, rank: z.int(), fromTeamId: z.string() }),
  kind('service_trouble', {
    teamId,
    serviceId,
    state: z.enum(['slow', 'failing', 'down']),
    payPerMinuteCents: integer('Null during a freeze').nullable(),
  }),
  kind('service_recovered', { teamId, serviceId, afterMs: z.int() }),
  kind('fault_started', { injectionId, label, serviceId, teamIds: z.array(z.string()) }),
  kind('fault_ended', { injectionId, label, serviceId }),
  kind('salary_negative', { teamId }),
  /** A team was taken into the ranking or out of it by hand. */
  kind('team_ranked', { teamId, ranked: z.boolean() }),
  kind('game_frozen', {}),
  kind('game_revealed', { winnerId }),
  kind('announcement', {
    text: z.string(),
    pictureUrl: z.string().optional(),
    videoUrl: z.string().optional(),
  }),
]);
export type TickerEvent = z.infer<typeof TickerEvent>;

export const TickerEntry = z.object({
  id: text('Unique within the game; the same event has the same id on every broadcaster'),
  at: epochMs('When it happened'),
  event: TickerEvent,
});
export type TickerEntry = z.infer<typeof TickerEntry>;

const serverAt = epochMs(
  'The server’s clock when this was made; pages count down by the difference from their own',
);

/** What the public may see. REST, sockets and pages all read it from the one place that derives it. */
export const StandingsView = z.object({
  game: GameView,
  asOf: epochMs('Event time up to which every shown team’s score is complete'),
  epoch: text('Identifies the broadcaster that counts `seq`; when it changes, discard all earlier frames'),
  seq: integer('Number of the frame that this view includes'),
  serverAt,
  services: z.array(ServiceLabel),
  standings: z
    .array(StandingRow)
    .describe('In order of rank, then team id; unranked teams last with `rank: null`'),
  faults: z.array(PublicFault).describe('Faults that are firing, active, reverting or stuck'),
  ticker: z.array(TickerEntry).describe('Newest first, at most 50'),
});
export type StandingsView = z.infer<typeof StandingsView>;

/** What changed between frame `fromSeq` (exclusive) and `seq`. Absent fields did not change. */
export const StandingsDelta = z.object({
  epoch: text('The same as that of the snapshot; else ask for a new one'),
  fromSeq: integer('The frame on which this builds'),
  seq: integer('The frame that it leads to'),
  serverAt,
  asOf: epochMs('Event time up to which every shown team’s score is complete'),
  rows: z.array(StandingRow).describe('Whole rows, each replacing that of the same team'),
  order: z.array(z.string()).optional().describe('Ids of all teams, if any rank changed'),
  game: GameView.optional(),
  faults: z.array(PublicFault).optional(),
  ticker: z.array(TickerEntry).optional().describe('New entries only, newest first'),
});
export type StandingsDelta = z.infer<typeof StandingsDelta>;

/** The last frame that a viewer has. */
export const ResumePoint = z.object({ epoch: z.string().max(64), seq: z.int().min(0) });
export type ResumePoint = z.infer<typeof ResumePoint>;

/** Events of the Socket.IO namespace `/leaderboard`. */
export interface LeaderboardServerEvents {
  snapshot: (view: StandingsView) => void;
  delta: (delta: StandingsDelta) => void;
}

export interface LeaderboardClientEvents {
  /** Requests what is missing since a frame: the server answers with deltas, or with a snapshot. */
  resume: (from: ResumePoint) => void;
}

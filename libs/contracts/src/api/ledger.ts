import { z } from 'zod';
import { LEDGER_REASONS } from '../ledger-reasons.js';
import { MAX_AT, epochMs, id, integer, oneOf, queryInteger, text } from './fields.js';
import { published } from './json-schema.js';

/** Example of a failed request, for the team that wants to know why. */
export const FailureSample = z.object({
  intendedAt: epochMs('When the request was due'),
  outcome: text('What kind of failure').meta({ example: 'bad_status' }),
  checkId: text('The check that failed'),
  request: text('What was requested; at most 200 characters').meta({ example: 'GET /quotes/7?days=3' }),
  expected: text('What a correct answer is; at most 200 characters'),
  got: text('What came instead; at most 200 characters, control characters replaced'),
  latencyMs: integer('Until the failure was known, ms'),
});
export type FailureSample = z.infer<typeof FailureSample>;

/** One line of the ledger. A team's salary is the sum of `cents` over its entries, always. */
export const LedgerEntry = z.object({
  gameId: text('Id of the game'),
  windowIndex: integer('Number of the window from the start of the game'),
  windowStartAt: epochMs('Inclusive'),
  windowEndAt: epochMs('Exclusive'),
  teamId: text('Id of the team'),
  serviceId: text('Id of the service; empty for adjustments'),
  reason: z.enum(LEDGER_REASONS),
  counterpartyId: text(
    'The other team for marketplace traffic; the team itself for its own traffic; the id of an adjustment',
  ),
  count: integer('Requests behind the entry; 1 for downtime and adjustments'),
  cents: integer('Earned, or lost if negative').meta({ example: -250 }),
  latencyMs: z
    .object({ p50: z.number(), p95: z.number(), p99: z.number() })
    .nullable()
    .describe('Latency percentiles of the good answers, ms; null where there are none'),
  samples: z
    .array(FailureSample)
    .describe('For facilitators and, of its own services, the team; empty for everybody else'),
  note: text('Why, for people: an adjustment’s reason, or "availability 20.0 % of 10 requests, below 90 %"'),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

/** How many of the requests of a team's own customers could not be judged, and so were not scored. */
export const RequestCounts = z.object({
  requests: integer('Requests of the teams’ own customers that count: served, failed and not scored'),
  unscored: integer(
    'Those that could not be judged because of trouble of the prober’s own (`prober_error`); at most `requests`',
  ),
});
export type RequestCounts = z.infer<typeof RequestCounts>;

export const UnscoredWindow = RequestCounts.extend({
  teamId: text('Id of the team'),
  serviceId: text('Id of the service'),
  windowIndex: integer('Number of the window from the start of the game'),
  windowStartAt: epochMs('Inclusive'),
});
export type UnscoredWindow = z.infer<typeof UnscoredWindow>;

/** What was not scored in one game, for whoever runs it. */
export const UnscoredReport = z.object({
  total: RequestCounts,
  teams: z
    .array(
      RequestCounts.extend({
        teamId: text('Id of the team'),
        services: z.array(RequestCounts.extend({ id: text('Id of the service') })),
      }),
    )
    .describe('Teams whose customers sent anything, by id, with the services of each by id'),
  windows: z
    .array(UnscoredWindow)
    .describe('Windows of a team and service above the warning, those that lost most requests first'),
  windowsAbove: integer('How many windows have more than 1 % unscored; `windows` lists at most 200 of them'),
});
export type UnscoredReport = z.infer<typeof UnscoredReport>;

/** `GET /api/v1/unscored` */
export const UnscoredRequests = UnscoredReport.extend({ gameId: text('Id of the game') });
export type UnscoredRequests = z.infer<typeof UnscoredRequests>;

/** `GET /api/v1/ledger` */
export const LedgerPage = z.object({
  gameId: text('Id of the game'),
  salaryCents: integer(
    'The salary of the team that was asked for, from the same snapshot as the entries',
  ).nullable(),
  total: z.object({
    entries: integer('Entries that match, not only those of this page'),
    cents: integer('Their sum'),
  }),
  requests: RequestCounts.describe(
    'Of the team, service and windows asked for, whatever the reason asked for',
  ),
  entries: z.array(LedgerEntry),
  nextCursor: text('Pass as `cursor` for the next page; null on the last').nullable(),
});
export type LedgerPage = z.infer<typeof LedgerPage>;

/** `GET /api/v1/history`: one line per team. */
export const SalaryHistory = z.object({
  gameId: text('Id of the game'),
  series: z.array(
    z.object({
      teamId: text('Id of the team'),
      at: z.array(epochMs('End of a window')).describe('Ascending'),
      salaryCents: z.array(integer('The salary then')).describe('`salaryCents[i]` is the salary at `at[i]`'),
    }),
  ),
});
export type SalaryHistory = z.infer<typeof SalaryHistory>;

export const LEDGER_FORMATS = ['json', 'ndjson', 'csv'] as const;
export type LedgerFormat = (typeof LEDGER_FORMATS)[number];

export const LEDGER_LIMIT = { default: 10_000, max: 50_000 } as const;
const HISTORY_POINTS = { default: 300, max: 2_000 } as const;
const MAX_WINDOW = 2 ** 31 - 1;
const MAX_TEAMS = 100;

const game = id.optional().describe('Id of a game; default: the newest');

export const LedgerQuery = z
  .strictObject({
    game,
    team: id.optional(),
    service: id.optional(),
    reason: oneOf(LEDGER_REASONS).optional(),
    fromWindow: queryInteger(0, MAX_WINDOW).optional().describe('First window, inclusive'),
    toWindow: queryInteger(0, MAX_WINDOW).optional().describe('Last window, inclusive'),
    limit: queryInteger(1, LEDGER_LIMIT.max, LEDGER_LIMIT.default).optional(),
    cursor: z
      .string({ error: 'must be given once' })
      .max(2000, 'is too long')
      .optional()
      .describe('`nextCursor` of the page before'),
    format: oneOf(LEDGER_FORMATS).optional().describe('Default: what the Accept header asks for, else json'),
  })
  .refine((q) => q.fromWindow === undefined || q.toWindow === undefined || q.fromWindow <= q.toWindow, {
    path: ['fromWindow'],
    error: 'must not be greater than toWindow',
  });

/** `team=a&team=b`, or `team=a,b`. */
const teams = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat().flatMap((part) => part.split(',')))
  .pipe(z.array(id).max(MAX_TEAMS, `at most ${MAX_TEAMS} teams`));

export const HistoryQuery = z
  .strictObject({
    game,
    team: published(teams, { type: 'array', items: { type: 'string' }, maxItems: MAX_TEAMS })
      .optional()
      .describe('Repeated or separated by commas; default: all'),
    from: queryInteger(0, MAX_AT).optional().describe('Epoch ms, inclusive'),
    to: queryInteger(0, MAX_AT).optional().describe('Epoch ms, inclusive'),
    points: queryInteger(1, HISTORY_POINTS.max, HISTORY_POINTS.default).default(HISTORY_POINTS.default),
  })
  .refine((q) => q.from === undefined || q.to === undefined || q.from <= q.to, {
    path: ['from'],
    error: 'must not be greater than to',
  });

import { LEDGER_REASONS } from '#contracts';
import { ID_PATTERN } from '#kernel';
import { z } from 'zod';
import { LEDGER_FORMATS } from './ledger-stream.js';

/** What the REST face accepts. Each message says what is allowed, in words that follow "<name>: ". */
export const LEDGER_LIMIT = { default: 10_000, max: 50_000 } as const;
export const HISTORY_POINTS = { default: 300, max: 2_000 } as const;
const MAX_WINDOW = 2 ** 31 - 1;
const MAX_AT = 8_640_000_000_000_000;
const MAX_TEAMS = 100;
const MAX_ADJUSTMENT_CENTS = 100_000_000_000;

const id = z
  .string({ error: 'must be given once' })
  .regex(ID_PATTERN, 'must be an id: 1 to 40 lower-case letters, digits and inner hyphens');

/** Query parameters are text. */
function integer(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string({ error })
    .regex(/^\d{1,16}$/, error)
    .transform(Number)
    .refine((n) => n >= min && n <= max, error);
}

export const gameQuery = z.strictObject({ game: id.optional() });

export const ledgerQuery = z
  .strictObject({
    game: id.optional(),
    team: id.optional(),
    service: id.optional(),
    reason: z.enum(LEDGER_REASONS, { error: `must be one of ${LEDGER_REASONS.join(', ')}` }).optional(),
    fromWindow: integer(0, MAX_WINDOW).optional(),
    toWindow: integer(0, MAX_WINDOW).optional(),
    limit: integer(1, LEDGER_LIMIT.max).optional(),
    cursor: z.string({ error: 'must be given once' }).max(2000, 'is too long').optional(),
    format: z.enum(LEDGER_FORMATS, { error: `must be one of ${LEDGER_FORMATS.join(', ')}` }).optional(),
  })
  .refine((q) => q.fromWindow === undefined || q.toWindow === undefined || q.fromWindow <= q.toWindow, {
    path: ['fromWindow'],
    error: 'must not be greater than toWindow',
  });

export const historyQuery = z
  .strictObject({
    game: id.optional(),
    /** `team=a&team=b`, or `team=a,b`. */
    team: z
      .union([z.string(), z.array(z.string())])
      .transform((given) => [given].flat().flatMap((part) => part.split(',')))
      .pipe(z.array(id).max(MAX_TEAMS, `at most ${MAX_TEAMS} teams`))
      .optional(),
    from: integer(0, MAX_AT).optional(),
    to: integer(0, MAX_AT).optional(),
    points: integer(1, HISTORY_POINTS.max).default(HISTORY_POINTS.default),
  })
  .refine((q) => q.from === undefined || q.to === undefined || q.from <= q.to, {
    path: ['from'],
    error: 'must not be greater than to',
  });

// Control characters, half characters and what turns text around have no place in what pages and logs show.
function oneLine(maxLength: number, empty: string) {
  return z
    .string({ error: 'must be a text' })
    .trim()
    .min(1, empty)
    .max(maxLength, `has at most ${maxLength} characters`)
    .regex(
      /^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u,
      'must be one line without control characters',
    );
}

const reason = oneLine(200, 'must not be empty: say why');

export const pauseBody = z.strictObject({ reason: reason.default('paused by the facilitator') }).nullish();

/** Steps that take nothing: no body, or an empty object. */
export const noBody = z.strictObject({}).nullish();

/** Farther ahead it is a mistake in the unit: seconds, or microseconds. */
const MAX_AHEAD_MS = 366 * 24 * 3600 * 1000;

export function scheduleBody(nowMs: number) {
  return z.strictObject({
    startsAt: z
      .int({ error: 'must be a time in whole epoch milliseconds' })
      .min(nowMs, `lies in the past; it is ${nowMs} now, in epoch milliseconds`)
      .max(nowMs + MAX_AHEAD_MS, `lies more than a year ahead; it is ${nowMs} now, in epoch milliseconds`),
  });
}

/** The rest is read as an entry of a teams file. */
export const newTeamBody = z.record(z.string(), z.unknown(), { error: 'must be a team: {"name": …}' });

export const TOKEN_ROLES = ['facilitator', 'team', 'prober', 'integration', 'read-only'] as const;

export function newTokenBody(nowMs: number) {
  return z
    .strictObject({
      role: z.enum(TOKEN_ROLES, { error: `must be one of ${TOKEN_ROLES.join(', ')}` }),
      label: oneLine(80, 'must not be empty: say whose it is, or what it is for'),
      game: id.optional(),
      team: id.optional(),
      expiresAt: z
        .int({ error: 'must be a time in whole epoch milliseconds' })
        .min(nowMs + 1, `lies in the past; it is ${nowMs} now, in epoch milliseconds`)
        .optional(),
    })
    .refine(({ role, team }) => (role === 'team') === (team !== undefined), {
      path: ['team'],
      error: 'must be given for role team, and for no other',
    });
}

const MAX_LINK = 2000;
/** What a page may load: http(s), or a path of this server. */
const link = z
  .string({ error: 'must be a URL' })
  .max(MAX_LINK, `has at most ${MAX_LINK} characters`)
  .refine(
    (text) => /^(https?:\/\/[^\s/\\]|\/(?![/\\]))[^\s\\]*$/i.test(text) && URL.canParse(text, 'http://here'),
    'must be an http(s) URL, or a path of this server that begins with /',
  );

export const announcementBody = z.strictObject({
  game: id.optional(),
  text: oneLine(500, 'must not be empty'),
  pictureUrl: link.optional(),
  videoUrl: link.optional(),
});

export const AUDIT_LIMIT = { default: 100, max: 1000 } as const;

export const auditQuery = z.strictObject({
  game: id.optional(),
  before: integer(1, Number.MAX_SAFE_INTEGER).optional(),
  limit: integer(1, AUDIT_LIMIT.max).default(AUDIT_LIMIT.default),
});

const teamsList = z.array(z.unknown(), { error: 'must be a list of teams' });

export const newGameBody = z.strictObject({
  id: id.optional(),
  scenario: z.union([z.string(), z.record(z.string(), z.unknown())], {
    error: 'must be a scenario: its text, or JSON',
  }),
  teams: teamsList.max(1000, 'at most 1000 teams').optional(),
  speed: z.number({ error: 'must be a number' }).optional(),
});

export const endpointBody = z.strictObject({
  url: z.string({ error: 'must be an http(s) URL, or null to take the endpoint away' }).nullable(),
  /** For facilitators: the address may be another team's as well. */
  shared: z.boolean({ error: 'must be true or false' }).optional(),
});

export const adjustmentBody = z.strictObject({
  game: id.optional(),
  teamId: id,
  cents: z
    .int({ error: 'must be a whole number of cents' })
    .min(-MAX_ADJUSTMENT_CENTS, `must be at least ${-MAX_ADJUSTMENT_CENTS}`)
    .max(MAX_ADJUSTMENT_CENTS, `must be at most ${MAX_ADJUSTMENT_CENTS}`)
    .refine((cents) => cents !== 0, 'must not be 0'),
  reason,
});

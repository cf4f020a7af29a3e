import { z } from 'zod';
import { epochMs, id, integer, oneLine, text } from './fields.js';
import { published } from './json-schema.js';
import { TeamInfo } from './teams.js';

/** The life of a game. `frozen` is a view of `running` (the public sees no change) and so is not a state. */
export const GameState = z.enum(['lobby', 'running', 'paused', 'ended', 'sealed']);
export type GameState = z.infer<typeof GameState>;

export const ServiceLabel = z.object({
  id: text('Id of the service'),
  letter: text('The letter on the status indicator'),
});

/** A game as REST shows it to facilitators. */
export const GameInfo = z.object({
  id: text('Id of the game'),
  name: text('Name for people').meta({ example: 'Unicorn.Rentals' }),
  state: GameState,
  startsAt: epochMs('Null until the game is scheduled').nullable(),
  endsAt: epochMs('Exclusive; moves when the game is resumed').nullable(),
  pausedAt: epochMs('Where the open pause begins').nullable(),
  sealedAt: epochMs('When the ledger was closed').nullable(),
  frozenAt: epochMs(
    'The boundary of the freeze that is set: from here on the public sees no score',
  ).nullable(),
  revealedAt: epochMs('When a frozen game was revealed').nullable(),
  windowMs: integer('Length of a scoring window').meta({ example: 5000 }),
  durationMs: integer('Length of the game without pauses'),
  services: z.array(ServiceLabel),
  pauses: z.array(
    z.object({
      fromAt: epochMs('Inclusive'),
      untilAt: epochMs('Exclusive; null while the pause is open').nullable(),
    }),
  ),
});
export type GameInfo = z.infer<typeof GameInfo>;

export const Games = z.object({ games: z.array(GameInfo) });
export type Games = z.infer<typeof Games>;

/** The answer to a change of the life cycle. */
export const ChangedGame = GameInfo.extend({
  effectiveAt: epochMs(
    'From when on the change holds; a window boundary where scoring is affected',
  ).nullable(),
});
export type ChangedGame = z.infer<typeof ChangedGame>;

/** `GET /api/v1/games/:id/summary`: what the public may see of a game, in one small answer. */
export const GameSummary = z.object({
  id: text('Id of the game'),
  name: text('Name for people').meta({ example: 'Unicorn.Rentals' }),
  state: GameState,
  teams: integer('How many teams the game has'),
  requests: integer('Requests of the teams’ own customers that count so far'),
  topFive: z
    .array(
      z.object({
        rank: integer('Equal salaries have equal ranks: 1, 2, 2, 4'),
        team: TeamInfo.omit({ ranked: true }),
        salaryCents: integer('The salary'),
      }),
    )
    .describe('The first five ranked teams, in order of salary, then team id'),
});
export type GameSummary = z.infer<typeof GameSummary>;

const teamEntries = z
  .array(z.unknown(), { error: 'must be a list of teams' })
  .max(1000, 'at most 1000 teams');

export const NewGameBody = z.strictObject({
  id: id.optional().describe('Default: made from the scenario’s id'),
  scenario: z
    .union([z.string(), z.record(z.string(), z.unknown())], {
      error: 'must be a scenario: its text, or JSON',
    })
    .describe('The scenario: its text (YAML or JSON), or the JSON itself'),
  teams: published(teamEntries, { type: 'array', items: { type: 'object' }, maxItems: 1000 })
    .optional()
    .describe('As in a teams file: {id?, name, color?, ranked?, endpoints?}'),
});

const SPEED = 'must be a number from 0.1 to 100';

export const NewGameQuery = z.object({
  speed: published(
    z
      .string({ error: SPEED })
      .regex(/^\d{1,3}(\.\d{1,6})?$/, SPEED)
      .transform(Number)
      .refine((speed) => speed >= 0.1 && speed <= 100, SPEED),
    { type: 'number', minimum: 0.1, maximum: 100, default: 1 },
  )
    .optional()
    .describe('How many times faster than written the scenario’s timeline runs'),
});

/** Farther ahead, a time was probably given in the wrong unit: seconds, or microseconds. */
const MAX_AHEAD_MS = 366 * 24 * 3600 * 1000;

const startsAt = z.int({ error: 'must be a time in whole epoch milliseconds' }).describe('Epoch ms');

export const ScheduleBody = z.strictObject({ startsAt });

/** `ScheduleBody` as it may be sent at `nowMs`, epoch ms. */
export function scheduleBodyAt(nowMs: number) {
  return ScheduleBody.extend({
    startsAt: startsAt
      .min(nowMs, `lies in the past; it is ${nowMs} now, in epoch milliseconds`)
      .max(nowMs + MAX_AHEAD_MS, `lies more than a year ahead; it is ${nowMs} now, in epoch milliseconds`),
  });
}

const reason = oneLine(200, 'must not be empty: say why');

export const PauseBody = z.strictObject({ reason: reason.default('paused by the facilitator') }).nullish();

const MAX_ADJUSTMENT_CENTS = 100_000_000_000;
const game = id.optional().describe('Id of a game; default: the newest');

export const AdjustmentBody = z.strictObject({
  game,
  teamId: id,
  cents: z
    .int({ error: 'must be a whole number of cents' })
    .min(-MAX_ADJUSTMENT_CENTS, `must be at least ${-MAX_ADJUSTMENT_CENTS}`)
    .max(MAX_ADJUSTMENT_CENTS, `must be at most ${MAX_ADJUSTMENT_CENTS}`)
    .refine((cents) => cents !== 0, 'must not be 0')
    .describe('Not 0; a negative amount is taken'),
  reason: reason.describe('Shown to everybody'),
});

/** The platform's URL parser: a pure function that Node and browsers share, but that ES2022 alone doesn't declare. */
declare const URL: { canParse(url: string, base?: string): boolean };

const MAX_LINK = 2000;
/** What a page may load: http(s), or a path of this server. */
const link = z
  .string({ error: 'must be a URL' })
  .max(MAX_LINK, `has at most ${MAX_LINK} characters`)
  .refine(
    (url) => /^(https?:\/\/[^\s/\\]|\/(?![/\\]))[^\s\\]*$/i.test(url) && URL.canParse(url, 'http://here'),
    'must be an http(s) URL, or a path of this server that begins with /',
  )
  .describe('http(s), or a path of this server')
  .optional();

export const AnnouncementBody = z.strictObject({
  game,
  text: oneLine(500, 'must not be empty'),
  pictureUrl: link,
  videoUrl: link,
});

export const Announcement = z.object({
  announcementId: text('Id of the announcement'),
  text: text('What it says'),
  pictureUrl: text('http(s), or a path of this server').optional(),
  videoUrl: text('http(s), or a path of this server').optional(),
});
export type Announcement = z.infer<typeof Announcement>;

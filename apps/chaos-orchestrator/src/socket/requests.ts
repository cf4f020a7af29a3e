import { ID_PATTERN } from '#kernel';
import { z } from 'zod';

/** Shapes of the commands on `/chaos`: they validate input and generate the AsyncAPI document. Descriptions follow "<name>: ". */
const id = (what: string) => z.string().regex(ID_PATTERN, 'must be an id').describe(what);
const line = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'has at most 200 characters')
  // Spelled out, because it is published and not every regex dialect has \P{Cc}. The last ones reverse the text direction.
  .regex(
    // eslint-disable-next-line no-control-regex
    /^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/,
    'must be one line without control characters',
  )
  .refine((text) => !/\p{Cs}/u.test(text), 'holds half a character');

const gameId = id('Id of the game; optional while exactly one game is not over').optional();
const commandId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, hyphens or underscores')
  .describe(
    'Idempotency key that you choose, e.g. a UUID. A command that is sent again with the same id is carried out once and gets the same answer',
  );
const reason = line.describe('Why, for the audit log').optional();

const injection = {
  gameId,
  kind: z.string().max(100).describe('Kind of fault; docs/faults.md lists them'),
  serviceId: id('The service that it strikes'),
  params: z
    .record(z.string().max(64), z.union([z.string().max(1000), z.number(), z.boolean()]))
    .default({})
    .describe('Parameters of the kind'),
  teams: z
    .union([
      z.literal('all'),
      z
        .int()
        .min(1)
        .max(1000)
        .describe(
          'This many of the ranked teams with the service deployed: those that were dealt the least so far',
        ),
      z.array(id('Id of a team')).min(1).max(1000).describe('Exactly these teams'),
    ])
    .describe('The teams that it strikes'),
  ttlMs: z.int().min(1).describe('Time to live: it ends by itself after this time'),
  label: line.describe('Shown to the audience'),
  scoring: z
    .enum(['count', 'pause'])
    .optional()
    .describe('pause: the windows that it strikes do not score for the team. Default: count'),
};

export const REQUESTS = {
  preview: z.strictObject(injection),
  inject: z.strictObject({
    commandId,
    ...injection,
    confirm: z.string().max(200).optional().describe('The confirmation that the preview requires'),
    previewId: z
      .string()
      .max(200)
      .optional()
      .describe(
        'Id of a preview: refuses the command if it would strike other teams than the preview showed',
      ),
  }),
  stop: z
    .strictObject({
      commandId,
      gameId,
      injectionId: z.string().max(200).optional(),
      faultId: z.string().max(200).optional(),
      teamId: id('Every fault on this team').optional(),
      reason,
    })
    .refine(
      ({ injectionId, faultId, teamId }) => (injectionId ?? faultId ?? teamId) !== undefined,
      'name a faultId, an injectionId or a teamId; to stop everything use fault:stop-all',
    ),
  stopAll: z.strictObject({
    commandId,
    gameId: id('Only this game; default: every game in the scope of the token').optional(),
    reason,
  }),
  list: z.strictObject({
    gameId: id('Only this game').optional(),
    teamId: id('Only this team').optional(),
    unfinished: z.boolean().optional().describe('Only faults that are not reverted yet'),
  }),
  timeline: z.strictObject({ commandId, gameId }),
  skip: z.strictObject({ commandId, gameId, entryId: z.string().max(200).describe('Entry of the timeline') }),
  game: z.strictObject({ commandId, gameId }),
  gamePause: z.strictObject({ commandId, gameId, reason }),
} as const;

import { ID_PATTERN } from '#kernel';
import { z } from 'zod';
import { FaultInfo, FaultScoring, TeamChaos } from './faults.js';
import { epochMs } from './fields.js';
import { GameState } from './games.js';
import { AuditEntry } from './tokens.js';

/** Every message of `/chaos`. The server checks what comes in with these, and the AsyncAPI document is made of them. */
const id = (what: string) => z.string().regex(ID_PATTERN, 'must be an id').describe(what);
const line = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'has at most 200 characters')
  // Spelled out: it is published, and not every language's patterns know \P{Cc}. The last ones turn text around.
  .regex(
    // eslint-disable-next-line no-control-regex
    /^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/,
    'must be one line without control characters',
  )
  .refine((text) => !/\p{Cs}/u.test(text), 'holds half a character');

const gameId = id('Id of the game; may be left out while exactly one game goes on').optional();
const commandId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, hyphens or underscores')
  .describe(
    'Chosen by you, e.g. a UUID. Sending the same command with the same id again is harmless: it is carried out once and answered as before',
  );
const reason = line.describe('Why, for the audit log').optional();

const injection = {
  gameId,
  kind: z.string().max(100).describe('Kind of fault; docs/faults.md lists them'),
  serviceId: id('What it strikes'),
  params: z
    .record(z.string().max(64), z.union([z.string().max(1000), z.number(), z.boolean()]))
    .default({})
    .describe('Of the kind'),
  teams: z
    .union([
      z.literal('all'),
      z
        .int()
        .min(1)
        .max(1000)
        .describe('So many of the ranked teams with the service deployed that were dealt least so far'),
      z.array(id('Id of a team')).min(1).max(1000).describe('Exactly these'),
    ])
    .describe('Whom it strikes'),
  ttlMs: z.int().min(1).describe('When it ends by itself'),
  label: line.describe('Shown to the audience'),
  scoring: FaultInfo.shape.scoring,
};

export const CHAOS_REQUESTS = {
  preview: z.strictObject(injection),
  inject: z.strictObject({
    commandId,
    ...injection,
    confirm: z.string().max(200).optional().describe('What the preview asks to be typed'),
    previewId: z
      .string()
      .max(200)
      .optional()
      .describe('Of a preview: refuses the command if it would strike other teams than were shown'),
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
    gameId: id('Only this game; default: every game that the token is good for').optional(),
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

const timeline = z.object({
  gameId: z.string(),
  held: z.boolean().describe('Whether a facilitator holds it: nothing of it begins'),
  entries: z.array(
    z.object({
      entry: z.looseObject({
        id: z.string(),
        type: z.enum(['fault', 'announcement']),
        atMs: z.int().describe('Game time'),
      }),
      state: z.enum(['pending', 'waiting', 'fired', 'announced', 'skipped']),
      at: epochMs('When it is due, or was done').nullable(),
      detail: z.string().describe('Why it waits, was trimmed or skipped'),
    }),
  ),
});
const result = {
  commandId: z.string(),
  seq: z.int().describe('Place in the one order of all commands'),
  at: epochMs('When it was taken'),
};

export const CHAOS_ANSWERS = {
  preview: z.object({
    previewId: z.string(),
    gameId: z.string(),
    madeAt: epochMs('When it was made'),
    expiresAt: epochMs('From then on the preview id is refused'),
    endsAt: epochMs('When the faults would be over at the latest'),
    driver: z.string(),
    kind: z.string(),
    serviceId: z.string(),
    ttlMs: z.int(),
    label: z.string(),
    scoring: FaultScoring,
    teams: z
      .array(
        z.object({
          ...TeamChaos.shape,
          name: z.string(),
          ranked: z.boolean(),
          struck: z.boolean(),
          spared: z.string().nullable().describe('Why it would not be struck'),
          reachable: z.boolean().describe('Whether the driver has a way to it'),
          endpoint: z.string().nullable(),
          activeFaults: z.array(z.string()),
          expectedCostCents: z
            .int()
            .min(0)
            .describe(
              'What the injection is expected to cost it; 0 where it is spared, or serves nothing there',
            ),
          expectedGainCents: z
            .int()
            .min(0)
            .describe('What a traffic spike is expected to bring it, likewise'),
        }),
      )
      .describe('Those that would be struck first, each with the chaos that it has had'),
    blastRadius: z.object({ teams: z.int(), ofTeams: z.int(), endpoints: z.int() }),
    expectedCostCents: z
      .int()
      .min(0)
      .describe('What it is expected to cost all struck teams together, over the whole time to live'),
    expectedGainCents: z.int().min(0).describe('What a traffic spike is expected to bring them'),
    expectedBasis: z.string().describe('What was assumed'),
    violations: z
      .array(
        z.object({
          limit: z.enum(['maxDurationMs', 'cooldownMs', 'maxActive']),
          now: z.number(),
          allowed: z.number(),
          possibleAt: epochMs('When it would be possible').nullable(),
          teamIds: z.array(z.string()),
          message: z.string(),
        }),
      )
      .describe('Limits in the way; empty: it is allowed'),
    confirmation: z
      .object({ type: z.string().describe('Send this as `confirm`'), why: z.string() })
      .nullable()
      .describe('What has to be typed; null: nothing'),
  }),
  inject: z.object({
    ...result,
    gameId: z.string(),
    injectionId: z.string(),
    faults: z.array(FaultInfo),
    spared: z.array(z.object({ teamId: z.string(), reason: z.string() })),
  }),
  stop: z.object({
    ...result,
    verified: z.array(FaultInfo).describe('Verified gone'),
    unverified: z.array(FaultInfo).describe('Not verified in time; it is tried on'),
    heldTimelines: z.array(z.string()).describe('Games whose timeline is held until somebody resumes it'),
    recorded: z.boolean().describe('False: done, but not stored yet'),
  }),
  list: z.object({ faults: z.array(FaultInfo), timelines: z.array(timeline) }),
  timeline: z.object({ ...result, timeline }),
  game: z.looseObject({
    id: z.string(),
    state: GameState,
    effectiveAt: epochMs('From when on it holds: a boundary of windows').nullable(),
  }),
} as const;

/** Why a command was refused. */
export const ChaosFailure = z.object({
  code: z.string().describe('Stable; as in problem+json'),
  message: z.string().describe('What was wrong, and what to do'),
  retryable: z.boolean().describe('Whether the same may work later'),
  details: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('chaos_limit: violations; confirmation_required: confirmation; bad_request: errors'),
});

/** What the server pushes. */
export const CHAOS_PUSHES = {
  'fault:changed': z.object({ gameId: z.string(), fault: FaultInfo }),
  timeline: z.object({ gameId: z.string(), timeline }),
  audit: AuditEntry,
} as const;

type Requests = typeof CHAOS_REQUESTS;
type Answers = typeof CHAOS_ANSWERS;
type Call<R extends keyof Requests, A extends keyof Answers> = [z.input<Requests[R]>, z.output<Answers[A]>];

/** Each command of the socket: what is sent, and what is answered. */
export type ChaosCalls = {
  'fault:preview': Call<'preview', 'preview'>;
  'fault:inject': Call<'inject', 'inject'>;
  'fault:stop': Call<'stop', 'stop'>;
  'fault:stop-all': Call<'stopAll', 'stop'>;
  'fault:list': Call<'list', 'list'>;
  'scenario:pause': Call<'timeline', 'timeline'>;
  'scenario:resume': Call<'timeline', 'timeline'>;
  'scenario:skip': Call<'skip', 'timeline'>;
  'game:pause': Call<'gamePause', 'game'>;
} & {
  [Step in 'start' | 'resume' | 'freeze' | 'thaw' | 'end' | 'reveal' as `game:${Step}`]: Call<'game', 'game'>;
};

/** What the server pushes, by the name of the event. */
export type ChaosPushes = { [Event in keyof typeof CHAOS_PUSHES]: z.output<(typeof CHAOS_PUSHES)[Event]> };

export type ChaosInjection = ChaosCalls['fault:preview'][0];
export type ChaosPreview = ChaosCalls['fault:preview'][1];
export type ChaosInjected = ChaosCalls['fault:inject'][1];
export type ChaosStopped = ChaosCalls['fault:stop'][1];
export type ChaosTimeline = z.output<typeof timeline>;
export type ChaosFailure = z.infer<typeof ChaosFailure>;

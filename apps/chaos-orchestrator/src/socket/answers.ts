import { z } from 'zod';

/** Shapes of answers and pushed messages on `/chaos`; the AsyncAPI document is generated from them. */
const at = (what: string) => z.int().describe(`${what}, epoch ms`);

const fault = z.object({
  id: z.string().describe('<injection id>/<team id>'),
  injectionId: z.string().describe('Groups the faults of one timeline entry or command'),
  kind: z.string(),
  teamId: z.string(),
  serviceId: z.string(),
  label: z.string(),
  state: z.enum(['armed', 'firing', 'active', 'reverting', 'reverted', 'stuck']),
  detail: z.string().describe('Why it is in that state, for people'),
  startedAt: at('When it started to fire'),
  expiresAt: at('When its time to live ends'),
  scoring: z.enum(['count', 'pause']).optional(),
  expectedCostCents: z
    .int()
    .min(0)
    .optional()
    .describe('Expected cost to a healthy team; absent in games from before faults had a price'),
  expectedGainCents: z
    .int()
    .min(0)
    .optional()
    .describe('Expected gain of a healthy team from a traffic spike'),
});
const amount = {
  count: z.int().describe('Faults that struck, without traffic spikes'),
  dealtMs: z.int().describe('Sum of their planned durations'),
  actedMs: z.int().describe('Sum of their actual durations'),
  dealtCents: z.int().min(0).describe('Sum of their expected costs'),
};
const timeline = z.object({
  gameId: z.string(),
  held: z.boolean().describe('Whether a facilitator holds it: no entry starts'),
  entries: z.array(
    z.object({
      entry: z.looseObject({
        id: z.string(),
        type: z.enum(['fault', 'announcement']),
        atMs: z.int().describe('Game time'),
      }),
      state: z.enum(['pending', 'waiting', 'fired', 'announced', 'skipped']),
      at: at('When it is due or was done').nullable(),
      detail: z.string().describe('Why it waits, was trimmed or skipped'),
    }),
  ),
});
const result = {
  commandId: z.string(),
  seq: z.int().describe('Position in the total order of commands'),
  at: at('When it was accepted'),
};

export const ANSWERS = {
  preview: z.object({
    previewId: z.string(),
    gameId: z.string(),
    madeAt: at('When it was made'),
    expiresAt: at('From then on, the preview id is refused'),
    endsAt: at('Latest end of the faults'),
    driver: z.string(),
    kind: z.string(),
    serviceId: z.string(),
    ttlMs: z.int(),
    label: z.string(),
    scoring: z.enum(['count', 'pause']),
    teams: z
      .array(
        z.object({
          teamId: z.string(),
          name: z.string(),
          ranked: z.boolean(),
          struck: z.boolean(),
          spared: z.string().nullable().describe('Why it would not be struck'),
          reachable: z.boolean().describe('Whether the driver reaches it'),
          endpoint: z.string().nullable(),
          activeFaults: z.array(z.string()),
          expectedCostCents: z
            .int()
            .min(0)
            .describe(
              'Expected cost of the injection to the team; 0 if it is spared or has no endpoint of the service',
            ),
          expectedGainCents: z.int().min(0).describe('Expected gain from a traffic spike, likewise'),
          ...amount,
          inPlay: z.boolean().describe('Whether it is ranked and has an endpoint registered'),
          creditCents: z
            .int()
            .min(0)
            .describe('Credit of a team that joined late: the median of the others at that time'),
          byKind: z.record(z.string(), z.object(amount)),
          spikes: z
            .object({ count: z.int(), dealtMs: z.int(), gainCents: z.int().min(0) })
            .describe('Its traffic spikes: they are paid for and do no harm'),
        }),
      )
      .describe('The teams that would be struck first, each with the chaos that it has had'),
    blastRadius: z.object({ teams: z.int(), ofTeams: z.int(), endpoints: z.int() }),
    expectedCostCents: z
      .int()
      .min(0)
      .describe('Expected cost to all struck teams together, over the whole time to live'),
    expectedGainCents: z.int().min(0).describe('Expected gain of those teams from a traffic spike'),
    expectedBasis: z.string().describe('Assumptions of the estimate'),
    violations: z
      .array(
        z.object({
          limit: z.enum(['maxDurationMs', 'cooldownMs', 'maxActive']),
          now: z.number(),
          allowed: z.number(),
          possibleAt: at('When it becomes possible').nullable(),
          teamIds: z.array(z.string()),
          message: z.string(),
        }),
      )
      .describe('Violated limits; empty: the injection is allowed'),
    confirmation: z
      .object({ type: z.string().describe('Send this as `confirm`'), why: z.string() })
      .nullable()
      .describe('The required confirmation; null: none'),
  }),
  inject: z.object({
    ...result,
    gameId: z.string(),
    injectionId: z.string(),
    faults: z.array(fault),
    spared: z.array(z.object({ teamId: z.string(), reason: z.string() })),
  }),
  stop: z.object({
    ...result,
    verified: z.array(fault).describe('Verified gone'),
    unverified: z.array(fault).describe('Not verified in time; retries continue'),
    heldTimelines: z
      .array(z.string())
      .describe('Games whose timeline is held until a facilitator resumes it'),
    recorded: z.boolean().describe('False: done, but not stored yet'),
  }),
  list: z.object({ faults: z.array(fault), timelines: z.array(timeline) }),
  timeline: z.object({ ...result, timeline }),
  game: z.looseObject({
    id: z.string(),
    state: z.enum(['lobby', 'running', 'paused', 'ended', 'sealed']),
    effectiveAt: at('When it takes effect: a window boundary').nullable(),
  }),
} as const;

export const FAILURE = z.object({
  code: z.string().describe('Stable; as in problem+json'),
  message: z.string().describe('What was wrong, and what to do'),
  retryable: z.boolean().describe('Whether a retry may succeed'),
  details: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('chaos_limit: violations; confirmation_required: confirmation; bad_request: errors'),
});

export const PUSHES = {
  'fault:changed': z.object({ gameId: z.string(), fault }),
  timeline: z.object({ gameId: z.string(), timeline }),
  audit: z.object({
    seq: z.int().describe('1, 2, 3 … without a gap, over all games'),
    at: at('When it was done'),
    actor: z.object({ tokenId: z.string().nullable(), role: z.string(), label: z.string() }),
    action: z.string().describe('E.g. fault.injected, game.paused'),
    subject: z.record(z.string(), z.string()),
    details: z.record(z.string(), z.unknown()),
    prevHash: z.string(),
    hash: z.string().describe('Hash chain of the entries; docs/audit-log.md explains how to verify it'),
  }),
} as const;

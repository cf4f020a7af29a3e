import { z } from 'zod';
import { epochMs, text } from './fields.js';

const ranked = z.boolean().describe('Unranked teams are probed but not ranked');

export const TeamInfo = z.object({
  id: text('Id of the team').meta({ example: 'fenrir-works' }),
  name: text('Name for people: 1 to 40 characters of any script').meta({ example: 'Fenrir Works' }),
  color: text('CSS colour').meta({ example: '#e4572e' }),
  ranked,
});
export type TeamInfo = z.infer<typeof TeamInfo>;

/** `GET /api/v1/teams` */
export const PublicTeams = z.object({
  gameId: text('Id of the game'),
  teams: z.array(TeamInfo.omit({ ranked: true })),
});
export type PublicTeams = z.infer<typeof PublicTeams>;

const endpoints = z.record(z.string(), z.string()).describe('URL by service id');

/** A team as facilitators see it. */
export const FullTeam = TeamInfo.extend({ endpoints });
export type FullTeam = z.infer<typeof FullTeam>;

export const FullTeams = z.object({ teams: z.array(FullTeam) });
export type FullTeams = z.infer<typeof FullTeams>;

/** Services of different teams at one server: normal for a gateway, or one team living off another's service. */
export const SharedAddress = z.object({
  server: text('Host and port').meta({ example: '10.0.0.7:8080' }),
  endpoints: z
    .array(
      z.object({
        teamId: text('Id of the team'),
        serviceId: text('Id of the service'),
        url: text('Where the team says that it runs the service'),
      }),
    )
    .describe('Two or more, of at least two teams, in order of team and service'),
});
export type SharedAddress = z.infer<typeof SharedAddress>;

/** `GET /api/v1/games/:id/teams`. Read-only tokens see no addresses. */
export const ListedTeams = z.object({
  teams: z.array(FullTeam.partial({ endpoints: true })),
  sharedAddresses: z.array(SharedAddress).optional(),
});
export type ListedTeams = z.infer<typeof ListedTeams>;

const name = z.string().min(1).max(40);

/** One team as a client sends it. The server reads it with the rules of a teams file. */
export const NewTeam = z.object({
  id: z.string().optional().describe('Default: made from the name'),
  name,
  color: z.string().optional().describe('CSS colour; default: a hue of its own'),
  ranked: ranked.default(true),
  endpoints: endpoints.optional(),
});

/** What a facilitator changes of a team. The server reads it with the rules of a teams file. */
export const TeamChange = z
  .strictObject({ name, color: z.string().describe('CSS colour'), ranked })
  .partial()
  .meta({ minProperties: 1 });

/** The body that holds a team; its fields are checked by the rules of a teams file. */
export const NewTeamBody = z.record(z.string(), z.unknown(), { error: 'must be a team: {"name": …}' });

/** What an endpoint is now. */
export const Endpoint = z.object({
  teamId: text('Id of the team'),
  serviceId: text('Id of the service'),
  url: text('Where the team runs it').nullable().meta({ example: 'https://fenrir.example/router' }),
});
export type Endpoint = z.infer<typeof Endpoint>;

export const EndpointBody = z.strictObject({
  url: z
    .string({ error: 'must be an http(s) URL, or null to take the endpoint away' })
    .nullable()
    .meta({ example: 'https://fenrir.example/router' }),
  shared: z
    .boolean({ error: 'must be true or false' })
    .optional()
    .describe('For facilitators: the address may also be another team’s')
    .meta({ default: false }),
});

/** An amount given or taken by hand. */
export const Adjustment = z.object({
  adjustmentId: text('Id of the adjustment; the counterparty of its ledger entry'),
  teamId: text('Id of the team'),
  cents: z.int().describe('Given, or taken if negative').meta({ example: -250 }),
  reason: text('Why'),
  effectiveAt: epochMs('It counts in the window that holds this instant'),
});
export type Adjustment = z.infer<typeof Adjustment>;

/**
 * What becomes of answers of a service that does not prove to be the team's own (docs/ownership.md): with `required` they
 * are failures, with `warn` they are paid and facilitators are warned, with `off` nothing is checked. A service that shows
 * another team's proof is a failure with `required` and with `warn`.
 */
export const ProofPolicy = z.enum(['required', 'warn', 'off']);
export type ProofPolicy = z.infer<typeof ProofPolicy>;

/** A team's proof of ownership, and how its services show it. */
export const TeamProof = z.object({
  teamId: text('Id of the team'),
  proof: text(
    'What its services show; null in a game older than proofs, until one is made by `rotate`',
  ).nullable(),
  policy: ProofPolicy,
  header: text('The header of every answer that shows it').meta({ example: 'payday-team' }),
  path: text('The path of the origin that shows it, one per line').meta({
    example: '/.well-known/payday-team',
  }),
});
export type TeamProof = z.infer<typeof TeamProof>;

export const ChangedProof = TeamProof.extend({
  formerUntilAt: epochMs('Until then the former proof is valid as well'),
});
export type ChangedProof = z.infer<typeof ChangedProof>;

import { z } from 'zod';
import { TOKEN_ROLES } from '../token-role.js';
import { epochMs, id, integer, oneLine, oneOf, queryInteger, text } from './fields.js';

/** A token without its secret, which is stored as a hash only. */
export const TokenInfo = z.object({
  id: text('Id of the token; not a secret'),
  role: z.enum(TOKEN_ROLES),
  label: text('Whose it is, or what it is for'),
  gameId: text('Set when the token is valid for one game only').nullable(),
  teamId: text('Set for role team').nullable(),
  createdAt: epochMs('When it was made'),
  expiresAt: epochMs('From then on it is invalid').nullable(),
  revokedAt: epochMs('When it was revoked').nullable(),
});
export type TokenInfo = z.infer<typeof TokenInfo>;

export const Tokens = z.object({ tokens: z.array(TokenInfo) });
export type Tokens = z.infer<typeof Tokens>;

/** A token that was just made: the only time its secret is shown. */
export const MadeToken = TokenInfo.extend({
  secret: text('Send it as "Authorization: Bearer <secret>". Shown only this once'),
});
export type MadeToken = z.infer<typeof MadeToken>;

const expiresAt = z.int({ error: 'must be a time in whole epoch milliseconds' });

export const NewTokenBody = z.strictObject({
  role: oneOf(TOKEN_ROLES),
  label: oneLine(80, 'must not be empty: say whose it is, or what it is for').describe(
    'Whose it is, or what it is for',
  ),
  game: id.optional().describe('Valid for this game only; default: for all, but for a team the newest'),
  team: id.optional().describe('For role team: the team'),
  expiresAt: expiresAt.optional().describe('Epoch ms; default: it doesn’t expire'),
});

/** `NewTokenBody` as it may be sent at `nowMs`, epoch ms. */
export function newTokenBodyAt(nowMs: number) {
  return NewTokenBody.extend({
    expiresAt: expiresAt
      .min(nowMs + 1, `lies in the past; it is ${nowMs} now, in epoch milliseconds`)
      .optional(),
  }).refine(({ role, team }) => (role === 'team') === (team !== undefined), {
    path: ['team'],
    error: 'must be given for role team, and for no other',
  });
}

/** Who did something: a token, or Payday itself (the schedule, the launcher, the command line), which has none. */
export const AuditActor = z.object({
  tokenId: text('Null for Payday itself').nullable(),
  role: z.enum([...TOKEN_ROLES, 'system']),
  label: text('The label of the token, or which part of Payday it was'),
});
export type AuditActor = z.infer<typeof AuditActor>;

/** One row of the audit log. */
export const AuditEntry = z.object({
  seq: integer('1, 2, 3 … without a gap, over all games'),
  at: epochMs('When it was done'),
  actor: AuditActor,
  action: text('What was done, `<thing>.<past participle>`').meta({ example: 'game.paused' }),
  subject: z
    .record(z.string(), z.string())
    .describe('What it was done to, by kind of thing: {"game": "demo-1a2b"}'),
  details: z.record(z.string(), z.unknown()).describe('Reasons, amounts, times; never a secret'),
  prevHash: text('Hash of the entry before, 64 hexadecimal digits; zeros for the first'),
  hash: text('Hash of this entry, 64 hexadecimal digits; docs/audit-log.md says how to verify it'),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** `GET /api/v1/audit` */
export const AuditPage = z.object({
  entries: z.array(AuditEntry),
  nextBefore: integer('Pass as `before` for the next page; null on the last').nullable(),
});
export type AuditPage = z.infer<typeof AuditPage>;

const AUDIT_LIMIT = { default: 100, max: 1000 } as const;

export const AuditQuery = z.strictObject({
  game: id.optional().describe('Entries about this game only'),
  before: queryInteger(1, Number.MAX_SAFE_INTEGER).optional().describe('`nextBefore` of the page before'),
  limit: queryInteger(1, AUDIT_LIMIT.max, AUDIT_LIMIT.default).default(AUDIT_LIMIT.default),
});

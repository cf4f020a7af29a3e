import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { LEDGER_REASONS, PROBLEMS, type ProblemCode } from '#contracts';

/** The part of OpenAPI's schema object that is used here. */
interface SchemaObject {
  type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  format?: string;
  description?: string;
  example?: string | number;
  nullable?: boolean;
  enum?: string[];
  items?: SchemaObject;
  properties?: Record<string, SchemaObject>;
  required?: string[];
}

/** Shapes of answers for the OpenAPI document. The types themselves are in `#contracts`. */
const int = (description: string, example?: number): SchemaObject => ({
  type: 'integer',
  format: 'int64',
  description,
  ...(example === undefined ? {} : { example }),
});
const text = (description: string, example?: string): SchemaObject => ({
  type: 'string',
  description,
  ...(example === undefined ? {} : { example }),
});
const orNull = (schema: SchemaObject): SchemaObject => ({ ...schema, nullable: true });
const object = (properties: Record<string, SchemaObject>): SchemaObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});
const list = (items: SchemaObject, description?: string): SchemaObject => ({
  type: 'array',
  items,
  ...(description === undefined ? {} : { description }),
});

export const TEAM = object({
  id: text('Id of the team', 'fenrir-works'),
  name: text('Name for people', 'Fenrir Works'),
  color: text('CSS colour', '#e4572e'),
});
export const TEAMS = object({ gameId: text('Id of the game'), teams: list(TEAM) });

export const GAME = object({
  id: text('Id of the game'),
  name: text('Name for people', 'Unicorn.Rentals'),
  state: { type: 'string', enum: ['lobby', 'running', 'paused', 'ended', 'sealed'] },
  startsAt: orNull(int('Epoch ms; null until it is scheduled')),
  endsAt: orNull(int('Epoch ms, exclusive; moves when the game is resumed')),
  pausedAt: orNull(int('Where the open pause begins, epoch ms')),
  sealedAt: orNull(int('Epoch ms')),
  frozenAt: orNull(
    int('The boundary of the freeze that is set, epoch ms: from here on the public sees no score'),
  ),
  revealedAt: orNull(int('When a frozen game was revealed, epoch ms')),
  windowMs: int('Length of a scoring window', 5000),
  durationMs: int('Length of the game without pauses'),
  services: list(
    object({ id: text('Id of the service'), letter: text('The letter on the status indicator') }),
  ),
  pauses: list(
    object({
      fromAt: int('Epoch ms, inclusive'),
      untilAt: orNull(int('Epoch ms, exclusive; null while it lasts')),
    }),
  ),
});
/** The answer to a change of the life cycle. */
export const CHANGED_GAME: SchemaObject = {
  ...GAME,
  properties: {
    ...GAME.properties,
    effectiveAt: orNull(
      int('From when on the change holds, epoch ms; a window boundary where scoring is touched'),
    ),
  },
  required: [...GAME.required!, 'effectiveAt'],
};
export const GAMES = object({ games: list(GAME) });

const SAMPLE = object({
  intendedAt: int('When the request was due, epoch ms'),
  outcome: text('What kind of failure', 'bad_status'),
  checkId: text('The check that failed'),
  request: text('What was asked', 'GET /quotes/7?days=3'),
  expected: text('What a right answer is'),
  got: text('What came instead'),
  latencyMs: int('Until the failure was known'),
});
const ENTRY = object({
  gameId: text('Id of the game'),
  windowIndex: int('Number of the window from the start of the game'),
  windowStartAt: int('Epoch ms, inclusive'),
  windowEndAt: int('Epoch ms, exclusive'),
  teamId: text('Id of the team'),
  serviceId: text('Id of the service; empty for adjustments'),
  reason: { type: 'string', enum: [...LEDGER_REASONS] },
  counterpartyId: text('The other team; the team itself for its own traffic; the id of an adjustment'),
  count: int('Requests behind the entry'),
  cents: int('Earned, or lost if negative', -250),
  latencyMs: orNull(object({ p50: { type: 'number' }, p95: { type: 'number' }, p99: { type: 'number' } })),
  samples: list(SAMPLE, 'For facilitators and, of its own services, the team; empty for everybody else'),
  note: text('Why, for people'),
});
const REQUESTS = object({
  requests: int('Requests of the teams’ own customers that count: served, failed and not scored'),
  unscored: int('Those that could not be judged, for trouble of the prober’s own'),
});
export const UNSCORED = object({
  gameId: text('Id of the game'),
  total: REQUESTS,
  teams: list(
    object({
      teamId: text('Id of the team'),
      ...REQUESTS.properties,
      services: list(object({ id: text('Id of the service'), ...REQUESTS.properties })),
    }),
  ),
  windows: list(
    object({
      teamId: text('Id of the team'),
      serviceId: text('Id of the service'),
      windowIndex: int('Number of the window from the start of the game'),
      windowStartAt: int('Epoch ms'),
      ...REQUESTS.properties,
    }),
  ),
  windowsAbove: int('How many windows have more than 1 % unscored; `windows` lists at most 200 of them'),
});
export const LEDGER = object({
  gameId: text('Id of the game'),
  salaryCents: orNull(
    int('The salary of the team that was asked for, from the same snapshot as the entries'),
  ),
  total: object({ entries: int('Entries that match'), cents: int('Their sum') }),
  requests: {
    ...REQUESTS,
    description: 'Of the team, service and windows asked for, whatever the reason asked for',
  },
  entries: list(ENTRY),
  nextCursor: orNull(text('Pass as `cursor` for the next page; null on the last')),
});
export const HISTORY = object({
  gameId: text('Id of the game'),
  series: list(
    object({
      teamId: text('Id of the team'),
      at: list(int('End of a window, epoch ms')),
      salaryCents: list(int('The salary then')),
    }),
  ),
});
export const ENDPOINT = object({
  teamId: text('Id of the team'),
  serviceId: text('Id of the service'),
  url: orNull(text('Where the team runs it', 'https://fenrir.example/router')),
});
export const ADJUSTMENT = object({
  adjustmentId: text('Id of the adjustment; the counterparty of its ledger entry'),
  teamId: text('Id of the team'),
  cents: int('Given, or taken if negative'),
  reason: text('Why'),
  effectiveAt: int('It counts in the window that holds this instant, epoch ms'),
});

const TEAM_ENDPOINTS: SchemaObject = { type: 'object', description: 'URL by service id' };
export const FULL_TEAM = object({
  ...TEAM.properties,
  ranked: { type: 'boolean', description: 'Unranked teams are probed but not placed' },
  endpoints: TEAM_ENDPOINTS,
});
export const FULL_TEAMS = object({ teams: list(FULL_TEAM) });
/** What a read-only token sees is without addresses. */
export const LISTED_TEAMS: SchemaObject = {
  type: 'object',
  required: ['teams'],
  properties: {
    teams: list({ ...FULL_TEAM, required: FULL_TEAM.required!.filter((name) => name !== 'endpoints') }),
    sharedAddresses: list(
      object({
        server: text('Host and port', '10.0.0.7:8080'),
        endpoints: list(
          object({
            teamId: text('Id of the team'),
            serviceId: text('Id of the service'),
            url: text('Where the team says that it runs it'),
          }),
        ),
      }),
    ),
  },
};
export const PROOF = object({
  teamId: text('Id of the team'),
  proof: orNull(text('What its services show; null in a game older than proofs')),
  policy: { type: 'string', enum: ['required', 'warn', 'off'] },
  header: text('The header of every answer that shows it', 'payday-team'),
  path: text('The path of the origin that shows it, one per line', '/.well-known/payday-team'),
});
export const CHANGED_PROOF = object({
  ...PROOF.properties,
  formerUntilAt: int('Until then the former proof holds as well, epoch ms'),
});
export const ANNOUNCEMENT: SchemaObject = {
  ...object({ announcementId: text('Id of the announcement'), text: text('What was said') }),
  properties: {
    announcementId: text('Id of the announcement'),
    text: text('What was said'),
    pictureUrl: text('http(s), or a path of this server'),
    videoUrl: text('http(s), or a path of this server'),
  },
};

const ROLE: SchemaObject = {
  type: 'string',
  enum: ['facilitator', 'team', 'prober', 'integration', 'read-only'],
};
export const TOKEN = object({
  id: text('Id of the token; no secret'),
  role: ROLE,
  label: text('Whose it is, or what it is for'),
  gameId: orNull(text('Set when it is good for one game only')),
  teamId: orNull(text('Set for role team')),
  createdAt: int('Epoch ms'),
  expiresAt: orNull(int('Epoch ms from which on it is worth nothing')),
  revokedAt: orNull(int('Epoch ms')),
});
export const TOKENS = object({ tokens: list(TOKEN) });
export const MADE_TOKEN = object({
  ...TOKEN.properties,
  secret: text('Send it as "Authorization: Bearer <secret>". Shown this once'),
});

export const AUDIT = object({
  entries: list(
    object({
      seq: int('1, 2, 3 … over all games'),
      at: int('Epoch ms'),
      actor: object({
        tokenId: orNull(text('Null for Payday itself')),
        role: { type: 'string', enum: [...ROLE.enum!, 'system'] },
        label: text('The label of the token, or which part of Payday'),
      }),
      action: text('What was done', 'game.paused'),
      subject: { type: 'object', description: 'To what, by kind of thing: {"game": "demo-1a2b"}' },
      details: { type: 'object', description: 'What explains it' },
      prevHash: text('Hash of the entry before, hexadecimal'),
      hash: text('Hash of this entry, hexadecimal'),
    }),
  ),
  nextBefore: orNull(int('Pass as `before` for the next page; null on the last')),
});

/** Documents the problems that a handler answers with. */
export function ApiProblems(...codes: ProblemCode[]): MethodDecorator & ClassDecorator {
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))];
  return applyDecorators(
    ...statuses.map((status) => {
      const here = codes.filter((code) => PROBLEMS[code].status === status);
      return ApiResponse({
        status,
        description: here.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
        content: { 'application/problem+json': { schema: PROBLEM } },
      });
    }),
  );
}

const PROBLEM: SchemaObject = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: text('URN of the problem'),
    title: text('What kind of problem it is'),
    status: int('The HTTP status'),
    code: text('Stable name of the problem'),
    detail: text('What was wrong here, and what is allowed'),
    errors: list({
      ...object({
        path: text('Parameter, field, or place in a file'),
        message: text('What is wrong with it'),
      }),
      properties: {
        path: text('Parameter, field, or place in a file'),
        message: text('What is wrong with it'),
        line: int('In a file, from 1'),
        column: int('In a file, from 1'),
      },
    }),
  },
};

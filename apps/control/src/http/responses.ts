import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { PROBLEMS, type ProblemCode } from '#contracts';

/** The part of OpenAPI's schema object that is used here. */
interface SchemaObject {
  type: 'object' | 'array' | 'string' | 'integer' | 'number';
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
const list = (items: SchemaObject): SchemaObject => ({ type: 'array', items });

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
  services: list(object({ id: text('Id of the service'), letter: text('The letter on the lamp') })),
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
  reason: { type: 'string', enum: ['served', 'failed', 'downtime', 'usage_fee', 'adjustment'] },
  counterparty: text('The other team; the team itself for its own traffic; the id of an adjustment'),
  count: int('Requests behind the entry'),
  cents: int('Earned, or lost if negative', -250),
  latencyMs: orNull(object({ p50: { type: 'number' }, p95: { type: 'number' }, p99: { type: 'number' } })),
  samples: list(SAMPLE),
  note: text('Why, for people'),
});
export const LEDGER = object({
  gameId: text('Id of the game'),
  salaryCents: orNull(
    int('The salary of the team that was asked for, from the same snapshot as the entries'),
  ),
  total: object({ entries: int('Entries that match'), cents: int('Their sum') }),
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

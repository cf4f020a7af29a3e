import type { ApiResponseOptions } from '@nestjs/swagger';

type Schema = Extract<ApiResponseOptions, { schema: unknown }>['schema'];

const text: Schema = { type: 'string' };
const integer: Schema = { type: 'integer' };
const epochMs: Schema = { type: 'integer', description: 'epoch ms' };
const nullable = (schema: Schema): Schema => ({ ...schema, nullable: true });
const list = (items: Schema): Schema => ({ type: 'array', items });

/** OpenAPI schema of `StandingsView` (libs/contracts/src/public-view.ts). */
export const STANDINGS_SCHEMA: Schema = {
  type: 'object',
  properties: {
    game: {
      type: 'object',
      properties: {
        id: text,
        name: text,
        state: { type: 'string', enum: ['lobby', 'running', 'paused', 'ended', 'sealed'] },
        startsAt: nullable(epochMs),
        endsAt: nullable(epochMs),
        pausedAt: nullable(epochMs),
        frozen: { type: 'boolean' },
        phase: nullable({
          type: 'object',
          properties: { label: text, requestsPerSecond: { type: 'number' } },
        }),
      },
    },
    asOf: epochMs,
    epoch: text,
    seq: integer,
    serverAt: epochMs,
    services: list({ type: 'object', properties: { id: text, letter: text } }),
    standings: list({
      type: 'object',
      properties: {
        rank: nullable(integer),
        rankChange: integer,
        team: {
          type: 'object',
          properties: { id: text, name: text, color: text, ranked: { type: 'boolean' } },
        },
        salaryCents: integer,
        payPerMinuteCents: integer,
        trend: { type: 'object', properties: { oneMinuteCents: integer, fiveMinutesCents: integer } },
        services: list({
          type: 'object',
          properties: {
            id: text,
            state: { type: 'string', enum: ['up', 'slow', 'failing', 'down', 'missing', 'unknown'] },
            availabilityBp: nullable(integer),
            p95Ms: nullable(integer),
            requestsPerSecond: { type: 'number' },
          },
        }),
        requests: {
          ...list({
            type: 'object',
            properties: { id: text, requests: integer, unscored: integer },
          }),
          description:
            'In final standings only: by service, how many requests of the team’s customers count, and how many of them were not scored for trouble of the prober’s own',
        },
      },
    }),
    faults: list({
      type: 'object',
      properties: {
        injectionId: text,
        kind: text,
        serviceId: text,
        label: text,
        startedAt: epochMs,
        expiresAt: epochMs,
        teamIds: list(text),
      },
    }),
    ticker: list({
      type: 'object',
      properties: { id: text, at: epochMs, event: { type: 'object', properties: { kind: text } } },
    }),
  },
};

import type { AsyncApiPart } from '#runtime';
import { STANDINGS_SCHEMA } from './standings.schema.js';

const SNAPSHOT_SCHEMA = asJsonSchema(STANDINGS_SCHEMA) as { properties: Record<string, object> };
const epochMs = { type: 'integer', description: 'epoch ms' };
const ref = (path: string): object => ({ $ref: `#/${path}` });

/** `StandingsDelta`: its rows are complete rows of the standings, so both share their schemas. */
const DELTA_SCHEMA = {
  type: 'object',
  required: ['epoch', 'fromSeq', 'seq', 'serverAt', 'asOf', 'rows'],
  properties: {
    epoch: {
      type: 'string',
      description: 'The epoch of the snapshot; if it differs, request a new snapshot',
    },
    fromSeq: { type: 'integer', description: 'The frame to which this delta applies' },
    seq: { type: 'integer', description: 'The frame that results from it' },
    serverAt: epochMs,
    asOf: epochMs,
    rows: SNAPSHOT_SCHEMA.properties['standings'],
    order: { type: 'array', items: { type: 'string' }, description: 'Ids of all teams, if any rank changed' },
    game: SNAPSHOT_SCHEMA.properties['game'],
    faults: SNAPSHOT_SCHEMA.properties['faults'],
    ticker: SNAPSHOT_SCHEMA.properties['ticker'],
  },
};

/** The `/leaderboard` namespace as AsyncAPI. */
export function leaderboardAsyncApi(): AsyncApiPart {
  const messages = {
    'leaderboard.snapshot': {
      name: 'snapshot',
      summary: 'The complete state, on connecting and whenever deltas are not sufficient',
      payload: ref('components/schemas/leaderboardSnapshot'),
    },
    'leaderboard.delta': {
      name: 'delta',
      summary: 'The changes since the previous frame; at most ten per second',
      payload: ref('components/schemas/leaderboardDelta'),
    },
    'leaderboard.resume': {
      name: 'resume',
      summary: 'Requests the changes since a frame; the response is a delta or a snapshot',
      payload: ref('components/schemas/leaderboardResume'),
    },
  };
  const operation = (action: 'send' | 'receive', key: keyof typeof messages): object => ({
    action,
    channel: ref('channels/leaderboard'),
    summary: messages[key].summary,
    messages: [ref(`channels/leaderboard/messages/${key}`)],
  });
  return {
    channels: {
      leaderboard: {
        address: '/leaderboard',
        title: 'The public leaderboard',
        description:
          'Public, for pages of any origin. While the board is frozen, it shows the standings of the freeze.',
        messages: Object.fromEntries(
          Object.keys(messages).map((key) => [key, ref(`components/messages/${key}`)]),
        ),
        servers: [ref('servers/payday')],
      },
    },
    operations: {
      'leaderboard.snapshot': operation('send', 'leaderboard.snapshot'),
      'leaderboard.delta': operation('send', 'leaderboard.delta'),
      'leaderboard.resume': operation('receive', 'leaderboard.resume'),
    },
    messages,
    schemas: {
      leaderboardSnapshot: SNAPSHOT_SCHEMA,
      leaderboardDelta: DELTA_SCHEMA,
      leaderboardResume: {
        type: 'object',
        required: ['epoch', 'seq'],
        properties: { epoch: { type: 'string' }, seq: { type: 'integer', minimum: 0 } },
      },
    },
  };
}

/** OpenAPI 3.0 uses `nullable` where JSON Schema lists the type `null`. */
function asJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asJsonSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { nullable, ...rest } = schema as Record<string, unknown>;
  const converted = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, asJsonSchema(value)]),
  );
  return nullable === true ? { ...converted, type: [converted['type'], 'null'] } : converted;
}

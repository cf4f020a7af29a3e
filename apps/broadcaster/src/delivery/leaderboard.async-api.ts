import type { AsyncApiPart } from '#runtime';
import { STANDINGS_SCHEMA } from './standings.schema.js';

const SNAPSHOT_SCHEMA = asJsonSchema(STANDINGS_SCHEMA) as { properties: Record<string, object> };
const epochMs = { type: 'integer', description: 'epoch ms' };
const ref = (path: string): object => ({ $ref: `#/${path}` });

/** `StandingsDelta`: rows are whole rows of the standings, so that both share their schemas. */
const DELTA_SCHEMA = {
  type: 'object',
  required: ['epoch', 'fromSeq', 'seq', 'serverAt', 'asOf', 'rows'],
  properties: {
    epoch: { type: 'string', description: 'The same as that of the snapshot; else ask for a new one' },
    fromSeq: { type: 'integer', description: 'The frame on which this builds' },
    seq: { type: 'integer', description: 'The frame that it leads to' },
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
      summary: 'Everything, on connecting and whenever deltas would not do',
      payload: ref('components/schemas/leaderboardSnapshot'),
    },
    'leaderboard.delta': {
      name: 'delta',
      summary: 'What changed since the frame before; at most ten a second',
      payload: ref('components/schemas/leaderboardDelta'),
    },
    'leaderboard.resume': {
      name: 'resume',
      summary: 'Asks for what is missing since a frame: answered by a delta or a snapshot',
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
          'Public, for pages of any origin. While the board is frozen it shows the standings of the freeze.',
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

/** OpenAPI 3.0 says `nullable` where JSON Schema lists the type `null`. */
function asJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asJsonSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { nullable, ...rest } = schema as Record<string, unknown>;
  const converted = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, asJsonSchema(value)]),
  );
  return nullable === true ? { ...converted, type: [converted['type'], 'null'] } : converted;
}

import { ResumePoint, StandingsDelta, StandingsView, jsonSchema } from '#contracts/api';
import type { AsyncApiPart } from '#runtime';

const ref = (path: string): object => ({ $ref: `#/${path}` });

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
      leaderboardSnapshot: jsonSchema(StandingsView, 'output'),
      leaderboardDelta: jsonSchema(StandingsDelta, 'output'),
      leaderboardResume: jsonSchema(ResumePoint, 'input'),
    },
  };
}

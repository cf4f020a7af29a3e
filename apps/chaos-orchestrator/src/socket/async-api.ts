import { CHAOS_PUSHES, ChaosFailure, jsonSchema } from '#contracts/api';
import type { AsyncApiPart } from '#runtime';
import { z } from 'zod';
import { COMMAND_MESSAGES } from './command-messages.js';

const CHANNEL = 'chaos';

const PUSH_SUMMARIES: Record<keyof typeof CHAOS_PUSHES, string> = {
  'fault:changed': 'A fault has entered another state',
  timeline: 'A timeline was held, resumed or has advanced',
  audit: 'A new entry of the audit log, in order, for all games in the scope of the token',
};

/** Describes the `/chaos` namespace as AsyncAPI, generated from the schemas that validate input. */
export function chaosAsyncApi(): AsyncApiPart {
  const part: AsyncApiPart = { channels: {}, operations: {}, messages: {}, schemas: {} };
  const ref = (path: string): object => ({ $ref: `#/${path}` });
  const messages: Record<string, object> = {};
  const addMessage = (
    key: string,
    name: string,
    summary: string,
    schema: z.ZodType | object,
    io: 'input' | 'output' = 'output',
  ): void => {
    const schemaKey = key.replace(/[^A-Za-z0-9]+(.)/g, (_, next: string) => next.toUpperCase());
    part.schemas[schemaKey] = schema instanceof z.ZodType ? jsonSchema(schema, io) : schema;
    part.messages[key] = { name, summary, payload: ref(`components/schemas/${schemaKey}`) };
    messages[key] = ref(`components/messages/${key}`);
  };
  part.schemas['chaosFailure'] = {
    type: 'object',
    required: ['ok', 'error'],
    properties: { ok: { const: false }, error: jsonSchema(ChaosFailure, 'output') },
  };
  for (const [event, { summary, description, request, answer }] of Object.entries(COMMAND_MESSAGES)) {
    const key = `chaos.${event.replace(':', '.')}`;
    addMessage(key, event, summary, request, 'input');
    addMessage(`${key}.answer`, event, `The acknowledgement of ${event}`, {
      oneOf: [
        {
          type: 'object',
          required: ['ok', 'result'],
          properties: { ok: { const: true }, result: jsonSchema(answer, 'output') },
        },
        ref('components/schemas/chaosFailure'),
      ],
    });
    part.operations[key] = {
      action: 'receive',
      channel: ref(`channels/${CHANNEL}`),
      summary,
      description,
      messages: [ref(`channels/${CHANNEL}/messages/${escaped(key)}`)],
      reply: {
        channel: ref(`channels/${CHANNEL}`),
        messages: [ref(`channels/${CHANNEL}/messages/${escaped(`${key}.answer`)}`)],
      },
    };
  }
  for (const [event, schema] of Object.entries(CHAOS_PUSHES)) {
    const key = `chaos.push.${event.replace(':', '.')}`;
    const summary = PUSH_SUMMARIES[event as keyof typeof CHAOS_PUSHES];
    addMessage(key, event, summary, schema);
    part.operations[key] = {
      action: 'send',
      channel: ref(`channels/${CHANNEL}`),
      summary,
      messages: [ref(`channels/${CHANNEL}/messages/${escaped(key)}`)],
    };
  }
  part.channels[CHANNEL] = {
    address: '/chaos',
    title: 'The chaos control socket',
    description:
      'For facilitators. Requires a token with the role facilitator; pages must come from this server or from an allowed origin. ' +
      'Commands have an id that the client chooses, and are carried out once. Each connection may send at most 20 commands per ' +
      'second (`too_many_requests`); fault:stop-all has a separate allowance.',
    messages,
    servers: [ref('servers/payday')],
    'x-security': [ref('components/securitySchemes/token')],
  };
  return part;
}

/** Escapes a key for a JSON pointer. */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

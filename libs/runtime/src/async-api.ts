import { Controller, Get, Inject, Injectable } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { VERSION } from './version.js';

/** One module's sockets as part of the document. Names are unique across the whole document. */
export interface AsyncApiPart {
  /** Channel objects by name; messages and replies refer to `#/components/…`. */
  channels: Record<string, object>;
  operations: Record<string, object>;
  messages: Record<string, object>;
  schemas: Record<string, object>;
}

const INTRODUCTION = `Sockets speak Socket.IO 4 (Engine.IO 4) at the path \`/socket.io\`; WebSocket and long polling both work. The address of a
channel is a Socket.IO namespace; the name of a message is the name of the event; its payload is the event's first and only argument.

An operation with a reply is acknowledged: give the emit a callback, and it is called once with the reply's payload. Where a channel has
security, send the token as \`{"token": "pd_…"}\` in the connection's \`auth\`, or as the header \`Authorization: Bearer pd_…\` of the handshake,
never in the URL. A refused connection gets \`connect_error\` with \`data: {code, message}\`.

Times are epoch milliseconds in fields named …At, durations are in …Ms, money is integer cents in …Cents.`;

/** Collects the socket APIs of this process's modules into one AsyncAPI 3.0 document. */
@Injectable()
export class AsyncApi {
  private readonly parts: AsyncApiPart[] = [];

  add(part: AsyncApiPart): void {
    this.parts.push(part);
  }

  document(): object {
    const merged = (pick: (part: AsyncApiPart) => Record<string, object>): Record<string, object> =>
      Object.assign({}, ...this.parts.map(pick)) as Record<string, object>;
    return {
      asyncapi: '3.0.0',
      info: { title: 'Payday', version: VERSION, description: INTRODUCTION, license: { name: 'Apache-2.0' } },
      defaultContentType: 'application/json',
      servers: {
        payday: {
          host: '127.0.0.1:3000',
          protocol: 'ws',
          pathname: '/socket.io',
          description:
            'The default of npm start. Where services run as separate processes, the chaos orchestrator has its own origin.',
        },
      },
      channels: merged(({ channels }) => channels),
      operations: merged(({ operations }) => operations),
      components: {
        messages: merged(({ messages }) => messages),
        schemas: merged(({ schemas }) => schemas),
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description:
              'A Payday token, in `auth.token` of the Socket.IO connection or as a bearer token of its handshake.',
          },
        },
      },
    };
  }
}

@ApiExcludeController()
@Controller('api')
export class AsyncApiController {
  constructor(@Inject(AsyncApi) private readonly asyncApi: AsyncApi) {}

  @Get('asyncapi.json')
  document(): object {
    return this.asyncApi.document();
  }
}

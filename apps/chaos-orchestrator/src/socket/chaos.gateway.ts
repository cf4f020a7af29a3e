import { Inject, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import {
  WebSocketGateway,
  WebSocketServer,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
} from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';
import type { DataSource } from 'typeorm';
import { PaydayError, messageOf, type Clock } from '#kernel';
import {
  AsyncApi,
  CLOCK,
  DATA_SOURCE,
  LOGGER,
  TOKEN_VERIFIER,
  isAllowedOrigin,
  type Logger,
  type TokenVerifier,
  systemTimers,
} from '#runtime';
import type { ChaosChange, ChaosCommands } from '../commands/types.js';
import { CHAOS_COMMANDS } from '../orchestrator.js';
import { chaosAsyncApi } from './async-api.js';
import { AuditFeed } from './audit-feed.js';
import { SOCKET_COMMANDS } from './command-table.js';
import { GameSteps } from './game-steps.js';
import { ChaosSession } from './session.js';

/** What the composer of the process tells the socket. */
export const CHAOS_SOCKET_OPTIONS = Symbol('ChaosSocketOptions');
export interface ChaosSocketOptions {
  /** Origin of control, for `game:…`; undefined: those are refused. Asked at each use if it is a function. */
  controlUrl?: string | (() => string);
  /** Origins of pages that may use the socket, besides this server's own. */
  allowedOrigins?: readonly string[];
}

type Facilitator = Socket<Record<string, never>, Record<string, (payload: object) => void>> & {
  data: { session?: ChaosSession };
};
type Ack = (answer: object) => void;

/** A facilitator that does not read is cut before it costs memory; it comes back and asks for the list. */
const MAX_WAITING_PACKETS = 2_000;
const MAX_FACILITATORS = 200;
const CODES_WITH_DETAILS = new Set(['chaos_limit', 'confirmation_required', 'bad_request']);

/** Socket.IO namespace `/chaos`: facilitators only. Each command is acknowledged with `{ok: true, result}` or `{ok: false, error}`. */
@WebSocketGateway({ namespace: '/chaos', path: '/socket.io', cors: { origin: '*' } })
export class ChaosGateway
  implements OnModuleInit, OnModuleDestroy, OnGatewayInit, OnGatewayConnection, OnGatewayDisconnect
{
  @WebSocketServer() private readonly facilitators: Namespace | undefined;
  private readonly steps: GameSteps;
  private readonly audit: AuditFeed;
  private unwatch: () => void = () => {};

  constructor(
    @Inject(CHAOS_COMMANDS) private readonly commands: ChaosCommands,
    @Inject(TOKEN_VERIFIER) private readonly verifier: TokenVerifier,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(AsyncApi) private readonly asyncApi: AsyncApi,
    @Inject(DATA_SOURCE) dataSource: DataSource,
    @Inject(CHAOS_SOCKET_OPTIONS) private readonly options: ChaosSocketOptions,
  ) {
    this.steps = new GameSteps(options.controlUrl);
    this.audit = new AuditFeed(
      dataSource,
      systemTimers,
      (entry) => this.push('audit', entry.subject['game'] ?? null, entry),
      (err) => this.logger.warn({ err }, 'the audit log could not be followed; trying again'),
    );
  }

  onModuleInit(): void {
    this.asyncApi.add(chaosAsyncApi());
    this.unwatch = this.commands.watch((change) => this.changed(change));
  }

  onModuleDestroy(): void {
    this.unwatch();
    this.audit.stop();
  }

  afterInit(namespace: Namespace): void {
    namespace.use((socket, next) => {
      this.admit(socket as Facilitator).then(
        () => next(),
        (error: unknown) => next(refusal(error)),
      );
    });
  }

  handleConnection(facilitator: Facilitator): void {
    facilitator.on('error', () => {});
    facilitator.onAny(
      (event: string, ...args: unknown[]) => void this.handleCommand(facilitator, event, args),
    );
    this.audit.start();
  }

  handleDisconnect(): void {
    if ((this.facilitators?.sockets.size ?? 0) === 0) this.audit.stop();
  }

  private async admit(socket: Facilitator): Promise<void> {
    const { auth, headers } = socket.handshake;
    if (!isAllowedOrigin(headers.origin, headers.host, this.options.allowedOrigins ?? []))
      throw new PaydayError(
        'forbidden',
        `Pages of ${headers.origin} may not use this socket. Allow the origin by PAYDAY_ALLOWED_ORIGINS.`,
      );
    if ((this.facilitators?.sockets.size ?? 0) >= MAX_FACILITATORS)
      throw new PaydayError('unavailable', 'Too many facilitators are connected.', { retryable: true });
    socket.data.session = await ChaosSession.open(auth, headers.authorization, this.verifier);
  }

  private async handleCommand(
    facilitator: Facilitator,
    event: string,
    args: readonly unknown[],
  ): Promise<void> {
    const last = args.at(-1);
    const ack: Ack = typeof last === 'function' ? (last as Ack) : () => {};
    const payloads = typeof last === 'function' ? args.slice(0, -1) : args;
    const session = facilitator.data.session!;
    try {
      await session.admit(event === 'fault:stop-all', this.clock.monotonicMs());
      const command = Object.hasOwn(SOCKET_COMMANDS, event) ? SOCKET_COMMANDS[event] : undefined;
      if (command === undefined)
        throw new PaydayError(
          'not_found',
          `There is no command "${event.slice(0, 100)}"; there are ${Object.keys(SOCKET_COMMANDS).join(', ')}.`,
        );
      if (payloads.length > 1) throw new PaydayError('bad_request', 'A command has one payload: an object.');
      const context = { commands: this.commands, steps: this.steps, session };
      ack({ ok: true, result: await command.run(context, payloads.length === 0 ? {} : payloads[0]) });
    } catch (error) {
      ack({ ok: false, error: this.errorOf(error, event) });
      const code = error instanceof PaydayError ? error.code : '';
      // A token that is worth nothing any more, or a program gone wild, has no business here.
      if (code === 'unauthenticated' || session.isFlooding) facilitator.disconnect(true);
    }
  }

  private errorOf(thrown: unknown, event: string): object {
    if (!(thrown instanceof PaydayError)) {
      this.logger.error({ err: thrown, event }, `a command failed: ${messageOf(thrown)}`);
      return {
        code: 'internal_error',
        message: 'Something failed on our side; it is in the log.',
        retryable: true,
      };
    }
    const { code, message, retryable, details } = thrown;
    return { code, message, retryable, ...(CODES_WITH_DETAILS.has(code) ? { details } : {}) };
  }

  private changed(change: ChaosChange): void {
    if (change.type === 'fault')
      this.push('fault:changed', change.gameId, { gameId: change.gameId, fault: change.info });
    else if (change.type === 'timeline')
      this.push('timeline', change.gameId, { gameId: change.gameId, timeline: change.timeline });
    // Commands are told by the audit log, together with everybody else's.
  }

  private push(event: string, gameId: string | null, payload: object): void {
    for (const socket of this.facilitators?.sockets.values() ?? []) {
      const facilitator = socket as Facilitator;
      const only = facilitator.data.session?.gameId;
      if (only !== undefined && only !== gameId) continue;
      const waiting = (facilitator.conn as unknown as { writeBuffer?: unknown[] }).writeBuffer?.length ?? 0;
      if (waiting > MAX_WAITING_PACKETS) facilitator.disconnect(true);
      else facilitator.emit(event, payload);
    }
  }
}

/** As Socket.IO wants it: `connect_error` with `data`. */
function refusal(thrown: unknown): Error {
  const known = thrown instanceof PaydayError;
  const error = new Error(known ? thrown.message : 'The connection could not be checked; try again.');
  return Object.assign(error, {
    data: { code: known ? thrown.code : 'internal_error', message: error.message },
  });
}

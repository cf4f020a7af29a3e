import { Inject, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import {
  WebSocketGateway,
  WebSocketServer,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
} from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';
import { PaydayError, messageOf, type Clock } from '#kernel';
import { type DataSource, readAudit } from '#persistence';
import {
  AsyncApi,
  CLOCK,
  DATA_SOURCE,
  LOGGER,
  TOKEN_VERIFIER,
  isAllowedOrigin,
  type Logger,
  systemTimers,
  type TokenVerifier,
} from '#runtime';
import { CHAOS_COMMANDS } from '../commands/command-bus.js';
import type { ChaosChange, ChaosCommands, CommandMeta } from '../commands/types.js';
import { chaosAsyncApi } from './async-api.js';
import { AuditFeed } from './audit-feed.js';
import { COMMAND_MESSAGES, isCommandName, type CommandName, type RequestOf } from './command-messages.js';
import { failureOf, parseRequest, refusalOf } from './failures.js';
import { GameSteps, type GameStep } from './game-steps.js';
import { ChaosSession } from './session.js';

/** Injection token of `ChaosSocketOptions`. */
export const CHAOS_SOCKET_OPTIONS = Symbol('ChaosSocketOptions');

export interface ChaosSocketOptions {
  /** Origin of control, for the commands `game:…`; undefined: they are refused. A function is called for each use. */
  controlUrl?: string | (() => string);
  /** Origins of pages that may use the socket, besides this server's own. */
  allowedOrigins?: readonly string[];
}

type Facilitator = Socket<Record<string, never>, Record<string, (payload: object) => void>> & {
  data: { session?: ChaosSession };
};
type Ack = (answer: object) => void;

/** A slow reader is disconnected before it costs memory; it can reconnect and request the list. */
const MAX_WAITING_PACKETS = 2_000;
const MAX_FACILITATORS = 200;

/** Carries out a validated request. */
type Actions = {
  readonly [N in CommandName]: (request: RequestOf<N>, session: ChaosSession) => Promise<object>;
};
type Action = (request: unknown, session: ChaosSession) => Promise<object>;

/** Socket.IO namespace `/chaos`: facilitators only. Each command is acknowledged with `{ok: true, result}` or `{ok: false, error}`. */
@WebSocketGateway({ namespace: '/chaos', path: '/socket.io', cors: { origin: '*' } })
export class ChaosGateway
  implements OnModuleInit, OnModuleDestroy, OnGatewayInit, OnGatewayConnection, OnGatewayDisconnect
{
  @WebSocketServer() private readonly facilitators: Namespace | undefined;
  private readonly steps: GameSteps;
  private readonly audit: AuditFeed;
  private unwatch: () => void = () => {};

  private readonly actions: Actions = {
    'fault:preview': (request, session) =>
      this.commands.preview({ ...request, gameId: this.gameOf(session, request.gameId) }),
    'fault:inject': ({ commandId, confirm, previewId, gameId, ...request }, session) =>
      this.commands.inject({
        commandId,
        confirm,
        previewId,
        actor: session.actor,
        request: { ...request, gameId: this.gameOf(session, gameId) },
      }),
    'fault:stop': ({ commandId, reason, gameId, ...selector }, session) =>
      this.commands.stop(
        { ...selector, gameId: scopeOf(session, gameId) },
        { commandId, reason, actor: session.actor },
      ),
    'fault:stop-all': ({ commandId, reason, gameId }, session) =>
      this.commands.stopAll({ commandId, reason, actor: session.actor, gameId: scopeOf(session, gameId) }),
    'fault:list': async ({ gameId, ...filter }, session) =>
      this.commands.list({ ...filter, gameId: scopeOf(session, gameId) }),
    'scenario:pause': (request, session) => this.commands.pauseTimeline(this.inGame(request, session)),
    'scenario:resume': (request, session) => this.commands.resumeTimeline(this.inGame(request, session)),
    'scenario:skip': ({ entryId, ...request }, session) =>
      this.commands.skipEntry({ ...this.inGame(request, session), entryId }),
    'game:start': this.gameStep('start'),
    'game:pause': this.gameStep('pause'),
    'game:resume': this.gameStep('resume'),
    'game:freeze': this.gameStep('freeze'),
    'game:thaw': this.gameStep('thaw'),
    'game:end': this.gameStep('end'),
    'game:reveal': this.gameStep('reveal'),
  };

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
      (limit) => readAudit(dataSource, { limit }),
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
        (error: unknown) => next(refusalOf(error)),
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
      if (!isCommandName(event))
        throw new PaydayError(
          'not_found',
          `There is no command "${event.slice(0, 100)}"; there are ${Object.keys(COMMAND_MESSAGES).join(', ')}.`,
        );
      if (payloads.length > 1) throw new PaydayError('bad_request', 'A command has one payload: an object.');
      const request = parseRequest(COMMAND_MESSAGES[event].request, payloads.length === 0 ? {} : payloads[0]);
      ack({ ok: true, result: await (this.actions[event] as Action)(request, session) });
    } catch (error) {
      const code = error instanceof PaydayError ? error.code : undefined;
      if (code === undefined)
        this.logger.error({ err: error, event }, `a command failed: ${messageOf(error)}`);
      ack({ ok: false, error: failureOf(error) });
      // Disconnect clients with an invalid token, and runaway programs.
      if (code === 'unauthenticated' || session.isFlooding) facilitator.disconnect(true);
    }
  }

  private gameStep(step: GameStep): Actions['game:pause'] {
    return ({ commandId, gameId, reason }, session) =>
      this.steps.takeStep({
        commandId,
        step,
        reason,
        gameId: this.gameOf(session, gameId),
        secret: session.secret,
      });
  }

  private inGame(
    { commandId, gameId }: RequestOf<'scenario:pause'>,
    session: ChaosSession,
  ): CommandMeta & { gameId: string } {
    return { commandId, actor: session.actor, gameId: this.gameOf(session, gameId) };
  }

  /** The named game, else the token's, else the only one that is not over. @throws PaydayError `bad_request`, `forbidden` */
  private gameOf(session: ChaosSession, named: string | undefined): string {
    const gameId = named ?? session.gameId ?? this.onlyGame();
    session.assertScope(gameId);
    return gameId;
  }

  private onlyGame(): string {
    const games = this.commands.list({ unfinished: true }).timelines.map((timeline) => timeline.gameId);
    if (games.length === 1) return games[0]!;
    const which =
      games.length === 0 ? 'there is no current game' : `the current games are ${games.join(', ')}`;
    throw new PaydayError('bad_request', `gameId: name the game; ${which}`);
  }

  private changed(change: ChaosChange): void {
    if (change.type === 'fault')
      this.push('fault:changed', change.gameId, { gameId: change.gameId, fault: change.info });
    else if (change.type === 'timeline')
      this.push('timeline', change.gameId, { gameId: change.gameId, timeline: change.timeline });
    // The audit feed publishes commands, together with the actions of other services.
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

/** Limits a command to the named game, else to the token's; undefined: every game. @throws PaydayError `forbidden` */
function scopeOf(session: ChaosSession, named: string | undefined): string | undefined {
  if (named !== undefined) session.assertScope(named);
  return named ?? session.gameId;
}

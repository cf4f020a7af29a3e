import type { FaultInfo, FaultScoring, TimelineEntry } from '#contracts';
import { io as socketIo, type Socket } from 'socket.io-client';

/** Where `payday up`, whose one address hands paths out to processes, has the socket of chaos; elsewhere it's Socket.IO's usual one. */
const PATHS = ['/socket.io', '/chaos/socket.io'] as const;
const NO_NAMESPACE = 'Invalid namespace';
const DEFAULT_WITHIN_MS = 10_000;
const COME_BACK_AFTER_MS = 500;

export interface ChaosInjection {
  /** May be left out while exactly one game goes on. */
  gameId?: string;
  kind: string;
  serviceId: string;
  params?: Record<string, string | number | boolean>;
  /** All, or so many of those that were dealt least so far, or exactly these. */
  teams: 'all' | number | readonly string[];
  ttlMs: number;
  /** Shown to the audience; 1 to 200 characters. */
  label: string;
  scoring?: FaultScoring;
}

export interface ChaosPreview {
  previewId: string;
  gameId: string;
  /** Epoch ms: when the faults would be over at the latest. */
  endsAt: number;
  driver: string;
  kind: string;
  serviceId: string;
  ttlMs: number;
  label: string;
  scoring: FaultScoring;
  /** Those that would be struck first, each with the chaos that it has had. */
  teams: {
    teamId: string;
    name: string;
    struck: boolean;
    /** Why it would not be. */
    spared: string | null;
    activeFaults: string[];
    count: number;
    dealtMs: number;
    actedMs: number;
    /** What its faults were expected to cost so far, cents, ≥ 0. */
    dealtCents: number;
    /** What it counts as having been dealt before it came. */
    creditCents: number;
    spikes: { count: number; dealtMs: number; gainCents: number };
    /** What the injection is expected to cost, or to bring it. */
    expectedCostCents: number;
    expectedGainCents: number;
  }[];
  blastRadius: { teams: number; ofTeams: number; endpoints: number };
  /** All struck teams together, cents, ≥ 0. */
  expectedCostCents: number;
  expectedGainCents: number;
  /** What was assumed, for people. */
  expectedBasis: string;
  /** Limits in the way; empty: it is allowed. */
  violations: { limit: string; message: string; possibleAt: number | null }[];
  /** What has to be sent as `confirm`; null: nothing. */
  confirmation: { type: string; why: string } | null;
}

interface CommandReceipt {
  commandId: string;
  /** Place in the one order of all commands. */
  seq: number;
  at: number;
}
export interface ChaosInjected extends CommandReceipt {
  gameId: string;
  injectionId: string;
  faults: FaultInfo[];
  spared: { teamId: string; reason: string }[];
}
export interface ChaosStopped extends CommandReceipt {
  verified: FaultInfo[];
  /** Not verified in time; it is tried on. */
  unverified: FaultInfo[];
  heldTimelines: string[];
  recorded: boolean;
}
export interface ChaosTimeline {
  gameId: string;
  held: boolean;
  entries: {
    entry: Pick<TimelineEntry, 'id' | 'type' | 'atMs'>;
    state: 'pending' | 'waiting' | 'fired' | 'announced' | 'skipped';
    at: number | null;
    detail: string;
  }[];
}
export interface ChaosAuditEntry {
  seq: number;
  at: number;
  actor: { tokenId: string | null; role: string; label: string };
  action: string;
  subject: Record<string, string>;
  details: Record<string, unknown>;
}

interface CommandIdentity {
  commandId: string;
  gameId?: string;
}
type GameStep = 'start' | 'pause' | 'resume' | 'freeze' | 'thaw' | 'end' | 'reveal';

/** Each command of the socket: what is sent, and what is answered. The published AsyncAPI document says it in full. */
export type ChaosCalls = {
  'fault:preview': [ChaosInjection, ChaosPreview];
  'fault:inject': [
    ChaosInjection & { commandId: string; confirm?: string; previewId?: string },
    ChaosInjected,
  ];
  'fault:stop': [
    CommandIdentity & { injectionId?: string; faultId?: string; teamId?: string; reason?: string },
    ChaosStopped,
  ];
  'fault:stop-all': [CommandIdentity & { reason?: string }, ChaosStopped];
  'fault:list': [
    { gameId?: string; teamId?: string; unfinished?: boolean },
    { faults: FaultInfo[]; timelines: ChaosTimeline[] },
  ];
  'scenario:pause': [CommandIdentity, CommandReceipt & { timeline: ChaosTimeline }];
  'scenario:resume': [CommandIdentity, CommandReceipt & { timeline: ChaosTimeline }];
  'scenario:skip': [CommandIdentity & { entryId: string }, CommandReceipt & { timeline: ChaosTimeline }];
} & {
  [Step in `game:${GameStep}`]: [
    CommandIdentity & { reason?: string },
    { id: string; state: string; effectiveAt: number | null },
  ];
};

export interface ChaosPushes {
  'fault:changed': { gameId: string; fault: FaultInfo };
  timeline: { gameId: string; timeline: ChaosTimeline };
  audit: ChaosAuditEntry;
  /** Of the connection itself: true when it is there (again), false when it was lost. */
  connection: boolean;
}

/** Why a command was refused, or could not be sent. `code` is stable; `message` says what to do. */
export class ChaosError extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** Whether the same may work later. A command with a `commandId` may always be sent again: it is carried out once. */
    readonly retryable: boolean,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'ChaosError';
  }
}

export interface ChaosConnection {
  /**
   * Gives one command. After a lost connection it waits for the next one and sends the command once more, with the same payload.
   * @throws ChaosError with the server's code; `unavailable` (retryable) if there was no answer within `withinMs`; `closed`
   */
  call<E extends keyof ChaosCalls>(event: E, payload: ChaosCalls[E][0]): Promise<ChaosCalls[E][1]>;
  /** Returns what ends the subscription. */
  on<E extends keyof ChaosPushes>(event: E, listener: (payload: ChaosPushes[E]) => void): () => void;
  /** Resolves when the connection is over for good: `closed` by `close()`, or the token is worth nothing any more. */
  readonly over: Promise<ChaosError>;
  /** Disconnects for good. */
  close(): void;
}

export interface ConnectChaosOptions {
  /** Origin of the server, e.g. `http://127.0.0.1:3000`. */
  url: string;
  /** Of role facilitator. Sent in the handshake, never in the address. */
  token: string;
  /** How long to wait for the first connection, and for each answer (reconnecting included), ms; default 10 000. */
  withinMs?: number;
}

/**
 * Connects to the chaos control socket. Lost connections come back by themselves.
 * @throws ChaosError `unauthenticated`, `forbidden`, `unavailable` (nobody answers), `not_found` (no chaos there)
 */
export async function connectChaos(options: ConnectChaosOptions): Promise<ChaosConnection> {
  const withinMs = options.withinMs ?? DEFAULT_WITHIN_MS;
  for (const path of PATHS) {
    const socket = open(options, path);
    try {
      await firstConnection(socket, options.url, withinMs);
      return new Connection(socket, withinMs);
    } catch (error) {
      socket.disconnect();
      if (!(error instanceof ChaosError) || error.code !== 'not_found') throw error;
    }
  }
  throw new ChaosError(
    'not_found',
    `There is a server at ${options.url}, but it has no chaos control socket.`,
    false,
  );
}

function open({ url, token }: ConnectChaosOptions, path: string): Socket {
  return socketIo(`${url.replace(/\/$/, '')}/chaos`, {
    path,
    auth: { token },
    forceNew: true,
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: 100,
    reconnectionDelayMax: 2_000,
    timeout: 5_000,
  });
}

/** @throws ChaosError `not_found` if the server knows no such namespace */
function firstConnection(socket: Socket, url: string, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let last = 'no answer';
    const timer = setTimeout(
      () => done(() => reject(new ChaosError('unavailable', `Nobody answers at ${url}: ${last}.`, true))),
      withinMs,
    );
    const failed = (error: Error & { data?: { code?: string } }): void => {
      last = error.message;
      if (error.message === NO_NAMESPACE) return done(() => reject(refused('not_found', error.message)));
      const code = error.data?.code;
      if (code !== undefined) return done(() => reject(refused(code, error.message)));
    };
    const done = (settle: () => void): void => {
      clearTimeout(timer);
      socket.off('connect', connected).off('connect_error', failed);
      settle();
    };
    const connected = (): void => done(resolve);
    socket.on('connect', connected).on('connect_error', failed);
  });
}

function refused(code: string, message: string): ChaosError {
  return new ChaosError(code, message, code === 'unavailable' || code === 'internal_error');
}

interface Acknowledgement {
  ok: boolean;
  result?: unknown;
  error?: { code: string; message: string; retryable: boolean; details?: Record<string, unknown> };
}

class Connection implements ChaosConnection {
  /** Rejects the calls that wait when the server wants no more of us. */
  private readonly waiting = new Set<(error: ChaosError) => void>();
  private ended: ChaosError | null = null;
  private tellOver!: (why: ChaosError) => void;
  readonly over = new Promise<ChaosError>((resolve) => (this.tellOver = resolve));

  constructor(
    private readonly socket: Socket,
    private readonly withinMs: number,
  ) {
    socket.on('disconnect', (reason) => {
      // The server cut it: it ends, the token is worth nothing any more, or there were too many commands.
      if (reason === 'io server disconnect') this.comeBack();
    });
    socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
      const code = error.data?.code;
      if (code === 'unauthenticated' || code === 'forbidden') this.end(refused(code, error.message));
      // Refused for another reason, after which Socket.IO does not try again by itself.
      else if (!socket.active) this.comeBack();
    });
  }

  private comeBack(): void {
    setTimeout(() => {
      if (this.ended === null) this.socket.connect();
    }, COME_BACK_AFTER_MS);
  }

  async call<E extends keyof ChaosCalls>(event: E, payload: ChaosCalls[E][0]): Promise<ChaosCalls[E][1]> {
    const answer = await this.acknowledged(event, payload);
    if (answer.ok) return answer.result as ChaosCalls[E][1];
    const { code, message, retryable, details } = answer.error!;
    throw new ChaosError(code, message, retryable, details);
  }

  on<E extends keyof ChaosPushes>(event: E, listener: (payload: ChaosPushes[E]) => void): () => void {
    if (event !== 'connection') {
      this.socket.on(event as string, listener);
      return () => void this.socket.off(event as string, listener);
    }
    const tell = listener as (isConnected: boolean) => void;
    const connected = (): void => tell(true);
    const lost = (): void => tell(false);
    this.socket.on('connect', connected).on('disconnect', lost);
    return () => void this.socket.off('connect', connected).off('disconnect', lost);
  }

  close(): void {
    this.end(new ChaosError('closed', 'The connection was closed.', false));
  }

  /** Sent now or on the next connection; again on each connection until it is answered. */
  private acknowledged(event: string, payload: object): Promise<Acknowledgement> {
    return new Promise((resolve, reject) => {
      if (this.ended !== null) return reject(this.ended);
      const settle = (then: () => void): void => {
        clearTimeout(timer);
        this.socket.off('connect', send);
        this.waiting.delete(fail);
        then();
      };
      const fail = (error: ChaosError): void => settle(() => reject(error));
      const noAnswer = (): void =>
        fail(new ChaosError('unavailable', `No answer to ${event} within ${this.withinMs} ms.`, true));
      const timer = setTimeout(noAnswer, this.withinMs);
      const send = (): void =>
        void this.socket.emit(event, payload, (answer: Acknowledgement) => settle(() => resolve(answer)));
      this.waiting.add(fail);
      this.socket.on('connect', send);
      if (this.socket.connected) send();
    });
  }

  private end(why: ChaosError): void {
    this.ended ??= why;
    this.socket.disconnect();
    for (const fail of [...this.waiting]) fail(this.ended);
    this.tellOver(this.ended);
  }
}

import type { TokenVerifier, Principal } from '#runtime';
import { PaydayError, TokenBucket } from '#kernel';
import type { Actor } from '../commands/types.js';

/** Rate limit of one connection: burst size and sustained rate. */
const COMMAND_BURST = 40;
const COMMANDS_PER_SECOND = 20;
/** The panic button has a separate allowance, so that a runaway program cannot use it up. */
const PANIC_BURST = 10;
const PANICS_PER_SECOND = 1;
/** A connection is closed after this many rate-limited commands. */
const MAX_FLOODED = 5_000;

/** One facilitator's connection: its identity, scope and rate limit. */
export class ChaosSession {
  private readonly commands = new TokenBucket(COMMAND_BURST, COMMANDS_PER_SECOND);
  private readonly panics = new TokenBucket(PANIC_BURST, PANICS_PER_SECOND);
  private flooded = 0;

  private constructor(
    readonly secret: string,
    private readonly verifier: TokenVerifier,
    private current: Principal,
  ) {}

  /** @param auth the client's handshake data @throws PaydayError `unauthenticated`, `forbidden` */
  static async open(
    auth: unknown,
    header: string | undefined,
    verifier: TokenVerifier,
  ): Promise<ChaosSession> {
    const given = (auth as { token?: unknown } | null | undefined)?.token;
    const secret = typeof given === 'string' ? given : /^Bearer +(\S{1,512})$/i.exec(header ?? '')?.[1];
    if (secret === undefined || secret.length > 512)
      throw new PaydayError(
        'unauthenticated',
        'Send a facilitator’s token: `auth: {"token": "pd_…"}` of the connection, or the header "Authorization: Bearer pd_…".',
      );
    return new ChaosSession(secret, verifier, await verified(verifier, secret));
  }

  /** The only game in the token's scope; undefined: every game. */
  get gameId(): string | undefined {
    return this.current.gameId;
  }

  get actor(): Actor {
    const { tokenId, role, label } = this.current;
    return { tokenId, role, label: label ?? '' };
  }

  /** Whether the connection should be closed. */
  get isFlooding(): boolean {
    return this.flooded > MAX_FLOODED;
  }

  /**
   * Checks the rate limit and the token before each command: the token may have been revoked.
   * @param nowMs monotonic @throws PaydayError `too_many_requests`, `unauthenticated`, `forbidden`
   */
  async admit(isPanic: boolean, nowMs: number): Promise<void> {
    if (!(isPanic ? this.panics : this.commands).takeToken(nowMs)) {
      this.flooded += 1;
      throw new PaydayError(
        'too_many_requests',
        `One connection may send at most ${isPanic ? PANICS_PER_SECOND : COMMANDS_PER_SECOND} commands per second.`,
        { retryable: true },
      );
    }
    this.current = await verified(this.verifier, this.secret);
  }

  /** @throws PaydayError `forbidden` if the token is limited to another game */
  assertScope(gameId: string): void {
    if (this.gameId !== undefined && this.gameId !== gameId)
      throw new PaydayError('forbidden', `This token is for the game ${this.gameId} only.`);
  }
}

async function verified(verifier: TokenVerifier, secret: string): Promise<Principal> {
  const principal = await verifier.verify(secret);
  if (principal === null)
    throw new PaydayError('unauthenticated', 'The token is unknown, was revoked, or has expired.');
  if (principal.role !== 'facilitator')
    throw new PaydayError(
      'forbidden',
      `This requires a token with the role facilitator, not ${principal.role}.`,
    );
  return principal;
}

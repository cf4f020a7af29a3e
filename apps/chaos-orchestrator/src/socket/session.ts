import type { TokenVerifier, Principal } from '#runtime';
import { PaydayError, TokenBucket } from '#kernel';
import type { Actor } from '../commands/types.js';

/** Commands of one connection: this many at once, and so many a second in the long run. */
const COMMAND_BURST = 40;
const COMMANDS_PER_SECOND = 20;
/** The panic button has an allowance of its own, so that a program gone wild can't use it up. */
const PANIC_BURST = 10;
const PANICS_PER_SECOND = 1;
/** A connection whose commands were refused so often for being too many is cut. */
const MAX_FLOODED = 5_000;

/** One facilitator's connection: whose it is, what it may do, and how much. */
export class ChaosSession {
  private readonly commands = new TokenBucket(COMMAND_BURST, COMMANDS_PER_SECOND);
  private readonly panics = new TokenBucket(PANIC_BURST, PANICS_PER_SECOND);
  private flooded = 0;

  private constructor(
    readonly secret: string,
    private readonly verifier: TokenVerifier,
    private current: Principal,
  ) {}

  /** @param auth what the client gave in its handshake @throws PaydayError `unauthenticated`, `forbidden` */
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
        'Give a facilitator’s token: `auth: {"token": "pd_…"}` of the connection, or the header "Authorization: Bearer pd_…".',
      );
    return new ChaosSession(secret, verifier, await verified(verifier, secret));
  }

  /** The game that the token is good for; undefined: any. */
  get gameId(): string | undefined {
    return this.current.gameId;
  }

  get actor(): Actor {
    const { tokenId, role, label } = this.current;
    return { tokenId, role, label: label ?? '' };
  }

  /** True while there is no sense in talking on. */
  get isFlooding(): boolean {
    return this.flooded > MAX_FLOODED;
  }

  /**
   * Before each command: the token may have been revoked since.
   * @param nowMs monotonic @throws PaydayError `too_many_requests`, `unauthenticated`, `forbidden`
   */
  async admit(isPanic: boolean, nowMs: number): Promise<void> {
    if (!(isPanic ? this.panics : this.commands).takeToken(nowMs)) {
      this.flooded += 1;
      throw new PaydayError(
        'too_many_requests',
        `At most ${isPanic ? PANICS_PER_SECOND : COMMANDS_PER_SECOND} a second are taken from one connection.`,
        { retryable: true },
      );
    }
    this.current = await verified(this.verifier, this.secret);
  }

  /** @throws PaydayError `forbidden` if the token is good for another game only */
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
    throw new PaydayError('forbidden', `This needs a token of role facilitator, not ${principal.role}.`);
  return principal;
}

import { canonicalJson } from '#persistence';
import { PaydayError, messageOf } from '#kernel';

export const GAME_STEPS = ['start', 'pause', 'resume', 'freeze', 'thaw', 'end', 'reveal'] as const;
export type GameStep = (typeof GAME_STEPS)[number];

const WITHIN_MS = 5_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
const REMEMBERED = 1_000;

export interface GameStepCommand {
  commandId: string;
  step: GameStep;
  gameId: string;
  /** Only for `pause`. */
  reason?: string;
  /** The facilitator's own token: control authorizes and audits it. */
  secret: string;
}

/**
 * Forwards life-cycle commands to control's REST API, with the facilitator's own token. A recently used id gets its earlier
 * answer; for older ones, control decides by the state of the game.
 */
export class GameSteps {
  private readonly known = new Map<string, { content: string; answer: Promise<object> }>();

  /** @param controlUrl origin of control; undefined: unknown */
  constructor(private readonly controlUrl: string | (() => string) | undefined) {}

  /** @throws PaydayError with the code of control's problem; `unavailable` if control is not there, `command_conflict` */
  takeStep(command: GameStepCommand): Promise<object> {
    const { commandId, secret: _, ...rest } = command;
    const content = canonicalJson({ ...rest, reason: rest.reason ?? null });
    const before = this.known.get(commandId);
    if (before !== undefined) {
      if (before.content === content) return before.answer;
      throw new PaydayError(
        'command_conflict',
        `The command id ${commandId} was used for another command. Choose a new id for each command.`,
      );
    }
    const answer = this.requestStep(command);
    this.known.set(commandId, { content, answer });
    // A refused command leaves no trace: its id may be used again.
    answer.catch(() => this.known.delete(commandId));
    if (this.known.size > REMEMBERED) this.known.delete(this.known.keys().next().value!);
    return answer;
  }

  private async requestStep({ step, gameId, reason, secret }: GameStepCommand): Promise<object> {
    if (this.controlUrl === undefined)
      throw new PaydayError(
        'unavailable',
        'This orchestrator does not know the address of control: set PAYDAY_CONTROL_URL, or use the REST interface of control.',
      );
    const origin = typeof this.controlUrl === 'string' ? this.controlUrl : this.controlUrl();
    const url = new URL(`/api/v1/games/${encodeURIComponent(gameId)}/${step}`, origin);
    let body: { code?: unknown; detail?: unknown };
    let ok: boolean;
    try {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'error',
        signal: AbortSignal.timeout(WITHIN_MS),
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify(reason === undefined ? {} : { reason }),
      });
      const text = await response.text();
      if (text.length > MAX_ANSWER_BYTES) throw new Error('its answer is too long');
      body = JSON.parse(text) as typeof body;
      ok = response.ok;
    } catch (cause) {
      throw new PaydayError('unavailable', `Control could not be reached: ${messageOf(cause)}.`, {
        retryable: true,
        cause,
      });
    }
    if (ok) return body;
    const code = typeof body.code === 'string' ? body.code : 'internal_error';
    throw new PaydayError(code, typeof body.detail === 'string' ? body.detail : `Control refused: ${code}.`, {
      retryable: code === 'unavailable' || code === 'internal_error',
    });
  }
}

import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { WebhookPlace } from '#contracts';
import { messageOf, PaydayError } from '#kernel';
import { boundedFetch, excerpt, parsedJson, type BoundedAnswer } from '../bounded-fetch.js';
import type { FaultDriver, FaultOrder, FaultTarget, Presence } from '../driver.js';
import { EVERY_REQUEST_FAILS } from '../effect.js';
import type { FaultParams, Operation } from '../fault.js';
import { checkKindParams, type KindSpecs } from '../kind-spec.js';
import { hasPlace, placeOf } from '../places.js';

export const WEBHOOK_KINDS = {
  webhook: {
    effect: 'whatever the receiver does for the action',
    params: {
      action: {
        pattern: /^[a-z0-9][a-z0-9-]{0,63}$/,
        says: 'a name of lower-case letters, digits and hyphens',
      },
    },
    passesOthers: true,
    expects: () => EVERY_REQUEST_FAILS,
  },
} as const satisfies KindSpecs;

export interface WebhookDriverOptions {
  /** Epoch ms, for signatures: receivers refuse calls that are minutes old. */
  nowMs: () => number;
  /** Secrets, by the variable names in the targets. */
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * Delegates faults to an external receiver: one `POST` per operation, signed according to Standard Webhooks. The receiver
 * identifies a fault by its id and must end it by itself after `ttlMs` (docs/examples/webhook_receiver.py does): that is the
 * dead-man's timer.
 *
 * Facilitators configure the URL, so it may be in a private network. It must be http(s) without credentials; redirects are
 * refused, and the length of the answer is bounded.
 */
export class WebhookDriver implements FaultDriver {
  readonly name = 'webhook';
  readonly kinds = Object.keys(WEBHOOK_KINDS);

  constructor(
    private readonly options: WebhookDriverOptions = { nowMs: () => Date.now(), env: process.env },
  ) {}

  checkParams(kind: string, params: FaultParams): void {
    checkKindParams(WEBHOOK_KINDS, kind, params);
  }

  reaches(target: FaultTarget, serviceId?: string): boolean {
    return hasPlace(target.webhook, serviceId);
  }

  async fire(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void> {
    this.checkParams(order.kind, order.params);
    await this.send(target, order, 'fire', signal);
  }

  async confirm(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence> {
    return presenceIn(await this.send(target, order, 'confirm', signal), order);
  }

  async revert(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<void> {
    await this.send(target, order, 'revert', signal);
  }

  async verify(target: FaultTarget, order: FaultOrder, signal: AbortSignal): Promise<Presence> {
    return presenceIn(await this.send(target, order, 'verify', signal), order);
  }

  /** @throws PaydayError `webhook_secret_missing`, `webhook_unreachable` (retryable), `fault_refused`. */
  private async send(
    target: FaultTarget,
    order: FaultOrder,
    operation: Operation,
    signal: AbortSignal,
  ): Promise<BoundedAnswer> {
    const place = placeOf(target.webhook, order, 'webhook');
    const signer = this.signerOf(place);
    const { id: faultId, kind, teamId, serviceId, params, ttlMs } = order;
    const at = new Date(this.options.nowMs());
    const body = JSON.stringify({
      type: `dev.payday.fault.${operation}`,
      timestamp: at.toISOString(),
      data: { faultId, kind, teamId, serviceId, params, ttlMs },
    });
    // Each call has its own message id: a receiver that drops repeated messages must not drop a repeated operation.
    const messageId = `msg_${randomUUID()}`;
    let answer: BoundedAnswer;
    try {
      answer = await boundedFetch(new URL(place.url), {
        method: 'POST',
        signal,
        body,
        headers: {
          'content-type': 'application/json',
          'webhook-id': messageId,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': signer.sign(messageId, at, body),
        },
      });
    } catch (cause) {
      throw unreachable(`${operation} fault ${faultId}: ${messageOf(cause)}`, cause);
    }
    if (answer.ok) return answer;
    throw new PaydayError(
      'fault_refused',
      `${operation} fault ${faultId}: the receiver answered ${answer.status} ${excerpt(answer.text)}`,
      { retryable: answer.status >= 500 || answer.status === 429 || answer.status === 408 },
    );
  }

  private signerOf({ secretEnv }: WebhookPlace): Webhook {
    const secret = this.options.env[secretEnv];
    if (secret === undefined || secret === '')
      throw new PaydayError(
        'webhook_secret_missing',
        `the environment variable ${secretEnv}, which the chaos targets name for a webhook's secret, is not set`,
      );
    try {
      return new Webhook(secret);
    } catch {
      // The library's message might contain part of the secret.
      throw new PaydayError(
        'webhook_secret_missing',
        `the environment variable ${secretEnv} does not hold a Standard Webhooks secret (whsec_ and base64)`,
      );
    }
  }
}

function presenceIn({ text }: BoundedAnswer, { id }: FaultOrder): Presence {
  const state = (parsedJson(text) as { state?: unknown } | null)?.state;
  if (state === 'active' || state === 'repaired' || state === 'gone') return state;
  throw unreachable(
    `fault ${id}: the receiver's answer is not {"state":"active"|"repaired"|"gone"}: ${excerpt(text)}`,
  );
}

function unreachable(message: string, cause?: unknown): PaydayError {
  return new PaydayError('webhook_unreachable', message, { retryable: true, cause });
}

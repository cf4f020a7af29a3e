import { errorSpec } from './error-catalogue.js';

/**
 * The one error type that crosses module boundaries.
 *
 * `code` is stable and listed in the error catalogue (`snake_case`); `message` says what was wrong, where and what to do;
 * `retryable` tells a caller whether the same call may succeed later without a change.
 */
export class PaydayError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { retryable?: boolean; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PaydayError';
    this.code = code;
    this.retryable = options.retryable ?? errorSpec(code)?.retryable ?? false;
    this.details = options.details ?? {};
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

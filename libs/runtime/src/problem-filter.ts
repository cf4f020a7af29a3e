import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { PROBLEMS, problem, type Problem, type ProblemCode } from '#contracts';
import { PaydayError } from '#kernel';
import { isDatabaseAway } from './database-trouble.js';
import type { Logger } from './logger.js';
import { LOGGER } from './tokens.js';

interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): void;
}

const BY_STATUS: Record<number, ProblemCode> = {
  400: 'bad_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  503: 'unavailable',
};

/** Maps everything that a handler throws to RFC 9457 problem details. Internal errors are logged, never shown. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw thrown;
    const body = toProblem(thrown);
    if (body.status >= 500 && body.code === 'internal_error')
      this.logger.error({ err: thrown }, 'request failed');
    const reply = host.switchToHttp().getResponse<Reply>();
    if (body.status === 401) reply.header('www-authenticate', 'Bearer realm="payday"');
    if (body.status === 503) reply.header('retry-after', '1');
    const after = thrown instanceof PaydayError ? thrown.details['retryAfterSeconds'] : undefined;
    if (body.status === 429 && typeof after === 'number') reply.header('retry-after', String(after));
    reply.status(body.status).header('content-type', 'application/problem+json; charset=utf-8').send(body);
  }
}

/** Problem details for anything thrown. PaydayErrors with a problem code keep code, message and `details.errors`. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof PaydayError) {
    if (isProblemCode(thrown.code)) {
      return problem(thrown.code, thrown.message, thrown.details['errors'] as Problem['errors']);
    }
    if (thrown.retryable) return problem('unavailable', thrown.message);
  }
  if (isDatabaseAway(thrown)) {
    return problem('unavailable', 'The database can not be reached; ask again in a second.');
  }
  if (thrown instanceof HttpException) {
    return problem(BY_STATUS[thrown.getStatus()] ?? 'bad_request', thrown.message);
  }
  // Fastify's own refusals (body limit, media type, broken JSON) carry a statusCode below 500.
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return problem(BY_STATUS[status] ?? 'bad_request', (thrown as Error).message);
  }
  return problem('internal_error', 'The server could not handle the request; its log says why.');
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}

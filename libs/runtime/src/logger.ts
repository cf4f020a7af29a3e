import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Fields that are redacted at any depth of a logged object. */
const SECRETS = ['token', 'password', 'authorization', 'secret', 'databaseUrl'];

/** A JSON logger on standard error (standard output is reserved for command results). */
export function createLogger(options: { service: string; level?: string }): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[secret]' },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** Routes Nest's log lines to ours. Nest's start-up messages become debug lines. */
export function nestLogger(logger: Logger): LoggerService {
  const text = (message: unknown): string => (message instanceof Error ? message.message : String(message));
  return {
    log: (message: unknown, ...rest: unknown[]) => logger.debug({ context: rest.at(-1) }, text(message)),
    debug: (message: unknown) => logger.debug(text(message)),
    verbose: (message: unknown) => logger.trace(text(message)),
    warn: (message: unknown) => logger.warn(text(message)),
    error: (message: unknown, ...rest: unknown[]) =>
      logger.error({ err: message instanceof Error ? message : undefined, stack: rest[0] }, text(message)),
    fatal: (message: unknown) => logger.fatal(text(message)),
  };
}

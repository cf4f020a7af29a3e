import { PaydayError } from '#kernel';
import { z } from 'zod';

const schema = z.object({
  /** Where results go and game events are, e.g. `lmdb:/var/lib/payday/log`. Its topics must exist. */
  PAYDAY_LOG_URL: z.string().min(1),
  /** PostgreSQL with an up-to-date schema: it holds the probers' tokens. */
  DATABASE_URL: z.string().min(1),
  PAYDAY_HOST: z.string().min(1).default('127.0.0.1'),
  PAYDAY_PORT: z.coerce.number().int().min(1).max(65_535).default(3000),
  PAYDAY_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
});

export interface IngestConfig {
  logUrl: string;
  databaseUrl: string;
  host: string;
  port: number;
  logLevel: string;
}

/** Reads the environment, once. @throws PaydayError `invalid_config` naming every variable that is wrong. */
export function ingestConfigFrom(env: Record<string, string | undefined>): IngestConfig {
  const read = schema.safeParse(env);
  if (!read.success) {
    const problems = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new PaydayError('invalid_config', `The environment is incomplete: ${problems.join('; ')}`);
  }
  const values = read.data;
  return {
    logUrl: values.PAYDAY_LOG_URL,
    databaseUrl: values.DATABASE_URL,
    host: values.PAYDAY_HOST,
    port: values.PAYDAY_PORT,
    logLevel: values.PAYDAY_LOG_LEVEL,
  };
}

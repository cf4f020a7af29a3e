import { PaydayError } from '#kernel';
import { z } from 'zod';

const schema = z.object({
  /** Where the results and game events are, e.g. `lmdb:/var/lib/payday/log`. Its topics must exist. */
  PAYDAY_LOG_URL: z.string().min(1),
  /** PostgreSQL with an up-to-date schema. */
  DATABASE_URL: z.string().min(1),
  PAYDAY_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
});

export interface ScorerConfig {
  logUrl: string;
  databaseUrl: string;
  logLevel: string;
}

/** Reads the environment, once. @throws PaydayError `invalid_config` naming every variable that is wrong. */
export function scorerConfigFrom(env: Record<string, string | undefined>): ScorerConfig {
  const read = schema.safeParse(env);
  if (!read.success) {
    const problems = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new PaydayError('invalid_config', `The environment is incomplete: ${problems.join('; ')}`);
  }
  const { PAYDAY_LOG_URL: logUrl, DATABASE_URL: databaseUrl, PAYDAY_LOG_LEVEL: logLevel } = read.data;
  return { logUrl, databaseUrl, logLevel };
}

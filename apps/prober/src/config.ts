import { PaydayError } from '#kernel';
import { z } from 'zod';

const origin = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });

const schema = z.object({
  /** Where the game events are, e.g. `lmdb:/var/lib/payday/log`. */
  PAYDAY_LOG_URL: z.string().min(1),
  PAYDAY_INGEST_URL: origin,
  PAYDAY_PROBER_TOKEN: z.string().min(1),
  PAYDAY_PROBER_ID: z.string().min(1).max(64),
  PAYDAY_GAME_ID: z.string().min(1).max(64),
  /** Endpoints on loopback and in private networks may be called. Default: false. */
  PAYDAY_ALLOW_PRIVATE_ADDRESSES: z.enum(['true', 'false']).default('false'),
  /** Origins of the game itself besides ingest's, separated by commas: never called. */
  PAYDAY_DENIED_ORIGINS: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter((part) => part !== ''))
    .pipe(z.array(origin)),
  PAYDAY_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
});

export interface ProberConfig {
  logUrl: string;
  ingestUrl: string;
  token: string;
  proberId: string;
  gameId: string;
  allowPrivateAddresses: boolean;
  deniedOrigins: string[];
  logLevel: string;
}

/** Reads the environment, once. @throws PaydayError `invalid_config` naming every variable that is wrong. */
export function proberConfigFrom(env: Record<string, string | undefined>): ProberConfig {
  const read = schema.safeParse(env);
  if (!read.success) {
    const problems = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new PaydayError('invalid_config', `The environment is incomplete: ${problems.join('; ')}`);
  }
  const values = read.data;
  return {
    logUrl: values.PAYDAY_LOG_URL,
    ingestUrl: values.PAYDAY_INGEST_URL,
    token: values.PAYDAY_PROBER_TOKEN,
    proberId: values.PAYDAY_PROBER_ID,
    gameId: values.PAYDAY_GAME_ID,
    allowPrivateAddresses: values.PAYDAY_ALLOW_PRIVATE_ADDRESSES === 'true',
    deniedOrigins: [values.PAYDAY_INGEST_URL, ...values.PAYDAY_DENIED_ORIGINS],
    logLevel: values.PAYDAY_LOG_LEVEL,
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PaydayError, messageOf } from '#kernel';
import type { ChaosConnection, ChaosError } from '#client';

export interface ServerOptions {
  url: string;
  data: string;
  tokenFile?: string;
  json: boolean;
}

/** The environment variable for a token: a flag would be visible in the process list. */
const TOKEN_VARIABLE = 'PAYDAY_TOKEN';
const FIRST_ANSWER_WITHIN_MS = 5_000;

interface FoundToken {
  token: string;
  /** Where the token comes from, for error messages. */
  from: string;
}

/** @throws PaydayError `unreadable_file` */
function findToken({ tokenFile, data }: ServerOptions): FoundToken {
  const fromEnvironment = process.env[TOKEN_VARIABLE]?.trim();
  if (tokenFile === undefined && fromEnvironment) return { token: fromEnvironment, from: TOKEN_VARIABLE };
  const file = tokenFile ?? join(data, 'facilitator.token');
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new PaydayError(
      'unreadable_file',
      `there is no token: cannot read ${file} (${messageOf(cause)}). Set ${TOKEN_VARIABLE}, or name a file with --token-file, or the data folder of npm start with --data`,
      { cause },
    );
  }
  if (token === '') throw new PaydayError('unreadable_file', `there is no token: ${file} is empty`);
  return { token, from: file };
}

/** @throws PaydayError `invalid_option` */
export function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '')
    throw new PaydayError(
      'invalid_option',
      '--url takes the address of a server, e.g. http://127.0.0.1:3000',
    );
  return url.origin;
}

/**
 * Connects to the chaos control socket for the time of one command.
 * @throws PaydayError with the server's code, `unavailable`, `not_found`, `unreadable_file`, `invalid_option`
 */
export async function withChaos<T>(
  options: ServerOptions,
  use: (chaos: ChaosConnection) => Promise<T>,
): Promise<T> {
  const { token, from } = findToken(options);
  const url = originOf(options.url);
  const { ChaosError, connectChaos } = await import('#client');
  let chaos: ChaosConnection | undefined;
  try {
    chaos = await connectChaos({ url, token, withinMs: FIRST_ANSWER_WITHIN_MS });
    return await use(chaos);
  } catch (error) {
    throw error instanceof ChaosError ? asPaydayError(error, from) : error;
  } finally {
    chaos?.close();
  }
}

export function asPaydayError(error: ChaosError, tokenFrom: string): PaydayError {
  const { code, message, retryable, details } = error;
  const isAboutToken = code === 'unauthenticated' || code === 'forbidden';
  const hint = isAboutToken ? ` (The token is from ${tokenFrom}.)` : '';
  return new PaydayError(code, `${message}${hint}`, { retryable, details: { ...details }, cause: error });
}

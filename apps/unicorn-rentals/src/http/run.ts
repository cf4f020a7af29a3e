import { createService } from './listener.js';
import { TEAM_PROOF_RULE, teamProofFrom } from './team-proof.js';
import type { Handler } from './service.js';

/** How long a stopping service may finish its requests. */
const DRAIN_MS = 5_000;

/** A wrong environment variable; its message is one line for the person who set it. */
export class UsageError extends Error {}

/**
 * Runs one service as a process of its own: `PORT` (required), `HOST` (default 127.0.0.1), `PAYDAY_TEAM_PROOF` (sent with
 * every answer, so that Payday knows whose the service is). Bad usage ends the
 * process with code 2, an unusable address with code 1, SIGTERM or SIGINT with code 0 once
 * requests in progress are answered.
 */
export function runService(name: string, create: (env: NodeJS.ProcessEnv) => Handler): void {
  let handler: Handler;
  let port: number;
  let teamProof: string | undefined;
  try {
    port = integerFrom(process.env, 'PORT', 0, 65_535);
    handler = create(process.env);
    const shown = teamProofFrom(process.env);
    if (shown === null) throw new UsageError(TEAM_PROOF_RULE);
    teamProof = shown;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    leave(2, `${name}: ${error.message}`);
  }
  const host = process.env['HOST'] || '127.0.0.1';
  const server = createService(handler, {
    teamProof: () => teamProof,
    onError: (error) => say(`${name}: ${String(error)}`),
  });
  server.on('error', (error: NodeJS.ErrnoException) => {
    const why = error.code === 'EADDRINUSE' ? 'it is taken' : error.message;
    leave(1, `${name}: cannot listen on ${host}:${port}: ${why}`);
  });
  server.listen(port, host, () => {
    const address = server.address();
    if (address === null || typeof address === 'string') return;
    const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    process.stdout.write(`${name} listens on http://${shownHost}:${address.port}\n`);
  });

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(0), DRAIN_MS).unref();
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    // Connections that are busy now become idle later.
    setInterval(() => server.closeIdleConnections(), 50).unref();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** A whole number from the environment. @throws UsageError if it is missing (without `fallback`), or out of range. */
export function integerFrom(
  env: NodeJS.ProcessEnv,
  name: string,
  low: number,
  high: number,
  fallback?: number,
): number {
  const text = env[name] ?? '';
  if (text === '' && fallback !== undefined) return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= low && value <= high) return value;
  const given = text === '' ? 'it is not set' : `got "${text}"`;
  throw new UsageError(`${name} must be a whole number from ${low} to ${high}; ${given}`);
}

/** An `http://host:port` origin from the environment, without a trailing slash. @throws UsageError. */
export function originFrom(env: NodeJS.ProcessEnv, name: string): string {
  const text = env[name] ?? '';
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    url = undefined;
  }
  if (url?.protocol === 'http:' && url.pathname === '/' && url.search === '' && url.hash === '')
    return url.origin;
  const given = text === '' ? 'it is not set' : `got "${text}"`;
  throw new UsageError(`${name} must be an address like http://127.0.0.1:8082; ${given}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function leave(code: number, line: string): never {
  say(line);
  process.exit(code);
}

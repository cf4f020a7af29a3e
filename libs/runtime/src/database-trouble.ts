/** PostgreSQL is shutting down, starting up or was killed; too many clients; class 08, connection exceptions. */
const SQLSTATE = /^(57P0[1-4]|53300|08...)$/;
const SOCKET_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
/** pg's messages for a connection that ended during a query; pg sets no code for these. */
const WITHOUT_CODE =
  /^Connection terminated|^timeout exceeded when trying to connect|^Client has encountered a connection error/;

/**
 * True if the database was unreachable or the connection broke during a query, so a retry may succeed soon. Handles
 * errors of pg, also when TypeORM wraps them.
 */
export function isDatabaseAway(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const { code, driverError } = thrown as Error & {
    code?: unknown;
    driverError?: unknown;
  };
  if (driverError instanceof Error && driverError !== thrown) return isDatabaseAway(driverError);
  if (thrown instanceof AggregateError) return thrown.errors.some(isDatabaseAway);
  if (typeof code !== 'string') return WITHOUT_CODE.test(thrown.message);
  return SQLSTATE.test(code) || SOCKET_CODES.has(code);
}

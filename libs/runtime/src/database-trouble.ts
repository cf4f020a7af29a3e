/** PostgreSQL is going down, coming up, or was killed; too many clients; and class 08, connection exceptions. */
const SQLSTATE = /^(57P0[1-4]|53300|08...)$/;
const SOCKET_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
/** What pg says of a connection that ended under a query; it gives these no code. */
const WITHOUT_CODE =
  /^Connection terminated|^timeout exceeded when trying to connect|^Client has encountered a connection error/;

/**
 * True if the database could not be reached, or went away under a query: asking again soon may help. Knows the errors of
 * pg, and TypeORM's around them.
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

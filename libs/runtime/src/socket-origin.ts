/**
 * Whether a page of this origin may use a socket that accepts commands: pages of this server and of explicitly allowed
 * origins may. Clients other than browsers send no origin; they need a token in any case.
 * @param host the request's own Host header
 */
export function isAllowedOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  try {
    // Ignores the scheme: behind a proxy that terminates TLS, the server itself receives plain HTTP.
    return host !== undefined && new URL(origin).host === host;
  } catch {
    // `null` is the origin of sandboxed pages and files and matches nothing.
    return false;
  }
}

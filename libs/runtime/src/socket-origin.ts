/**
 * Whether a page of this origin may use a socket that does something: pages of this very server, and of origins that were
 * allowed by name. Programs that are no browsers send no origin; they need the token anyhow.
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
    // Not the scheme: behind a proxy that ends TLS, the server itself is asked by http.
    return host !== undefined && new URL(origin).host === host;
  } catch {
    // `null`, the origin of sandboxed pages and files, is nobody's.
    return false;
  }
}

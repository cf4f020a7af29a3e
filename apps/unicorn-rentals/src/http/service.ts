/**
 * What a service is here: a function from request to answer, without sockets. `listener.ts` puts it on the
 * network; the sandbox puts faults and load in front of it.
 */
export interface ServiceRequest {
  method: string;
  /** Path segments, percent-decoded: `/unicorns/sparkle` is `['unicorns', 'sparkle']`. */
  segments: readonly string[];
  query: URLSearchParams;
  /** Names in lower case; repeated headers are joined by a comma. */
  headers: Readonly<Record<string, string | undefined>>;
  /** The parsed JSON body; undefined if there is none. */
  body: unknown;
  /** True once the client has hung up and no longer waits for the answer. */
  isGone(): boolean;
}

export interface Answer {
  status: number;
  /** Sent as JSON. */
  body: unknown;
  headers?: Record<string, string>;
}

export type Handler = (request: ServiceRequest) => Promise<Answer>;

/** Thrown by a handler to answer with this problem. `code` is stable and documented in README.md. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;
  readonly extra: Record<string, unknown>;

  constructor(
    status: number,
    code: string,
    detail: string,
    options: { headers?: Record<string, string>; extra?: Record<string, unknown> } = {},
  ) {
    super(detail);
    this.name = 'HttpProblem';
    this.status = status;
    this.code = code;
    this.headers = options.headers ?? {};
    this.extra = options.extra ?? {};
  }
}

/** Thrown by a handler to cut the connection without an answer. */
export class ConnectionCut extends Error {
  constructor() {
    super('the connection was cut');
    this.name = 'ConnectionCut';
  }
}

export interface Route {
  method: string;
  /** `/unicorns/:id`: a segment that begins with a colon matches any one segment. */
  path: string;
  handle(request: ServiceRequest, ...captured: string[]): Answer | Promise<Answer>;
}

/** A handler that routes by path and method: 404 `not_found`, 405 `method_not_allowed`. HEAD is handled as GET. */
export function routes(table: readonly Route[]): Handler {
  const compiled = table.map((route) => ({ ...route, parts: route.path.split('/').slice(1) }));
  return async (request) => {
    const here = compiled.filter(
      (route) =>
        route.parts.length === request.segments.length &&
        route.parts.every((part, i) => part.startsWith(':') || part === request.segments[i]),
    );
    const path = `/${request.segments.join('/')}`;
    if (here.length === 0) throw new HttpProblem(404, 'not_found', `there is nothing at ${shown(path)}`);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const route = here.find((candidate) => candidate.method === method);
    if (route === undefined) {
      const allow = here.map((candidate) => candidate.method).join(', ');
      throw new HttpProblem(
        405,
        'method_not_allowed',
        `${request.method} is not possible here, only ${allow}`,
        {
          headers: { allow },
        },
      );
    }
    const captured = request.segments.filter((_, i) => route.parts[i]?.startsWith(':'));
    return route.handle(request, ...captured);
  };
}

/** The `/healthz` route of a service. */
export function healthRoute(service: string): Route {
  return { method: 'GET', path: '/healthz', handle: () => ok({ status: 'ok', service }) };
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** Untrusted text, made safe and short enough for a message. */
export function shown(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are the characters to be replaced
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\uFFFD');
  return plain.length > 80 ? `${plain.slice(0, 80)}…` : plain;
}

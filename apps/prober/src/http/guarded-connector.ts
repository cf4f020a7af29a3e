import { isIP, type LookupFunction, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import type { TeamNames } from '../dns/index.js';
import type { AddressGuard } from './address-guard.js';

/** The address is refused by policy; the team registered it, so it is the team's failure. */
export class AddressRefused extends Error {
  readonly code = 'ADDRESS_NOT_ALLOWED';
}

/** A name that leads nowhere; the code says whose failure that is. */
class NameError extends Error {
  constructor(
    message: string,
    readonly code: 'ENOTFOUND' | 'EAI_AGAIN',
  ) {
    super(message);
  }
}

/**
 * Opens sockets for undici, to allowed addresses only. What is checked is what is connected to: there is no second
 * lookup that could answer differently. There is no connect timeout: the caller keeps the deadline and destroys the
 * socket, which it is shown before the connection is made.
 */
export function guardedConnect(
  guard: AddressGuard,
  names: Pick<TeamNames, 'resolve'>,
): (onSocket: (socket: Socket) => void) => buildConnector.connector {
  const lookupFor =
    (port: number): LookupFunction =>
    (name, options, done) => {
      void names.resolve(name).then((found) => {
        if ('outcome' in found)
          return done(
            new NameError(found.got, found.outcome === 'prober_error' ? 'EAI_AGAIN' : 'ENOTFOUND'),
            '',
            0,
          );
        const problems = found.addresses.map((entry) => guard.problem(name, entry.address, port));
        const allowed = found.addresses.filter((_, index) => problems[index] === null);
        const first = allowed[0];
        if (first === undefined)
          return done(new AddressRefused(problems[0] ?? `${name} has no address`), '', 0);
        if (options.all) done(null, allowed);
        else done(null, first.address, first.family);
      });
    };
  // One per port: it remembers TLS sessions, which all connections to an endpoint share.
  const connectors = new Map<number, (...args: Parameters<buildConnector.connector>) => unknown>();
  return (onSocket) => (options, callback) => {
    const hostname = options.hostname.replace(/^\[|\]$/g, '');
    const port = Number(options.port || (options.protocol === 'https:' ? 443 : 80));
    if (isIP(hostname) !== 0) {
      const problem = guard.problem(hostname, hostname, port);
      // Later, as any other error of a connection: undici does not expect one while it still prepares.
      if (problem !== null) return queueMicrotask(() => callback(new AddressRefused(problem), null));
    }
    let connect = connectors.get(port);
    if (!connect) {
      connect = buildConnector({ lookup: lookupFor(port), timeout: 0 } as buildConnector.BuildOptions);
      connectors.set(port, connect);
    }
    // undici's connector returns the socket, though its type does not say so.
    onSocket(connect(options, callback) as Socket);
  };
}

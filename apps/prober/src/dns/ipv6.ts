import { networkInterfaces } from 'node:os';

/** Whether this machine has a routable IPv6 address. Without one, it cannot connect to IPv6 addresses. */
export function hasIPv6(interfaces = networkInterfaces()): boolean {
  return Object.values(interfaces).some((addresses) =>
    addresses?.some(
      ({ family, address, internal }) => family === 'IPv6' && !internal && !/^fe[89ab]/i.test(address),
    ),
  );
}

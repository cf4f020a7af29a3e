import { networkInterfaces } from 'node:os';

/** Whether this machine has an IPv6 address that leads beyond itself. Without one an IPv6 address cannot be tried. */
export function hasIPv6(interfaces = networkInterfaces()): boolean {
  return Object.values(interfaces).some((addresses) =>
    addresses?.some(
      ({ family, address, internal }) => family === 'IPv6' && !internal && !/^fe[89ab]/i.test(address),
    ),
  );
}

import { PaydayError } from '#kernel';

/** `port_taken` or `address_unusable` with what to do; what is neither stays as it is. */
export function listenError(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return new PaydayError('port_taken', `port ${port} on ${host} is taken; choose another with --port`, {
      cause: error,
    });
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new PaydayError(
      'address_unusable',
      `cannot listen on ${host} port ${port} (${code}); see --host and --port`,
      { cause: error },
    );
  return error;
}

interface AsyncApi {
  servers: Record<string, object>;
  channels: Record<string, { servers?: object[] }>;
  operations: Record<string, object>;
  components: Record<string, Record<string, object>>;
}

/** The front's path for the chaos control socket: Socket.IO namespaces are not part of the path. */
export const CHAOS_SOCKET_PATH = '/chaos/socket.io';

/**
 * One AsyncAPI document for the sockets of several services under one address; the chaos control socket has a path of its own here.
 * Services that do not answer are missing.
 */
export async function mergeAsyncApi(urls: readonly string[]): Promise<AsyncApi | null> {
  const documents = await Promise.all(
    urls.map((url) =>
      fetch(`${url}/api/asyncapi.json`)
        .then((response) => response.json() as Promise<AsyncApi>)
        .catch(() => null),
    ),
  );
  const [first, ...others] = documents.filter((document) => document !== null);
  if (first === undefined) return null;
  for (const { channels, operations, components } of others) {
    Object.assign(first.channels, channels);
    Object.assign(first.operations, operations);
    for (const [kind, parts] of Object.entries(components))
      first.components[kind] = { ...first.components[kind], ...parts };
  }
  const { chaos } = first.channels;
  if (chaos !== undefined) {
    first.servers['chaos'] = { ...first.servers['payday'], pathname: CHAOS_SOCKET_PATH };
    chaos.servers = [{ $ref: '#/servers/chaos' }];
  }
  return first;
}

import { connect, createServer, type Server, type Socket } from 'node:net';

/** Passes bytes between clients and a server on loopback until it is held: then connections look alive, but nothing arrives. */
export class TcpProxy {
  private readonly pairs = new Set<{ client: Socket; server: Socket }>();
  private isHeld = false;

  private constructor(
    private readonly listener: Server,
    readonly port: number,
    /** Of new connections; may be changed. */
    public targetPort: number,
  ) {}

  /** @param targetPort of the server on loopback; read for each connection, so that it may be set later */
  static async listen(targetPort: number): Promise<TcpProxy> {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as { port: number };
    const proxy = new TcpProxy(listener, port, targetPort);
    listener.on('connection', (client) => proxy.carry(client));
    return proxy;
  }

  /** Every connection stays open, and no byte passes in either direction; new ones are accepted, and wait too. */
  holdTraffic(): void {
    this.isHeld = true;
    for (const { client, server } of this.pairs) {
      client.pause();
      server.pause();
    }
  }

  /** Held bytes pass. */
  release(): void {
    this.isHeld = false;
    for (const { client, server } of this.pairs) {
      client.resume();
      server.resume();
    }
  }

  async close(): Promise<void> {
    for (const { client, server } of this.pairs) for (const socket of [client, server]) socket.destroy();
    await new Promise((resolve) => this.listener.close(resolve));
  }

  private carry(client: Socket): void {
    const server = connect({ host: '127.0.0.1', port: this.targetPort });
    const pair = { client, server };
    this.pairs.add(pair);
    const end = (): void => {
      this.pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.setNoDelay(true);
      from.on('data', (chunk) => {
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => {
        if (!this.isHeld) from.resume();
      });
      // The bytes of a client killed while they are held never arrive.
      from.on('close', end);
      from.on('error', end);
      if (this.isHeld) from.pause();
    }
  }
}
